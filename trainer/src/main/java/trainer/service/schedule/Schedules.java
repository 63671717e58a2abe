package trainer.service.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.schedule.SchedulePlan.Missed;

/**
 * The schedules: made, changed, paused, fired. Firing is one transaction that moves a schedule on
 * to its next instant and notes what became of the present one, so that of several processes that
 * see it due, one fires it. Time is the database's.
 */
public final class Schedules {
  private static final Duration ON_TIME = Duration.ofMinutes(2);

  private final Database database;
  private final String now;

  /** The schedules of a database. */
  public Schedules(Database database) {
    this.database = database;
    this.now = database.dialect().now();
  }

  /** Makes a schedule, or returns empty where there is one of that name. */
  public Optional<Schedule> create(SchedulePlan plan, String by) {
    return database.write(
        connection -> {
          long time = time(connection);
          return Sql.of(
                  ("INSERT INTO schedules (name, cron, zone, configuration, model, begins_with,"
                      + " skip_unchanged, held_out, margin, keep, missed, allow_overlap, priority,"
                      + " paused, next_at, changed_by, changed_at)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?, ?)"
                      + " ON CONFLICT DO NOTHING RETURNING *"),
                  plan.name(),
                  plan.cron().text(),
                  plan.cron().zone().getId(),
                  plan.configuration(),
                  plan.model(),
                  plan.start().word(),
                  plan.skipUnchanged(),
                  plan.heldOut(),
                  plan.margin(),
                  plan.keep(),
                  plan.missed().word(),
                  plan.overlap(),
                  plan.priority(),
                  plan.cron().next(Instant.ofEpochMilli(time)).toEpochMilli(),
                  by,
                  time)
              .first(connection, Schedule::of);
        });
  }

  private long time(Connection connection) throws SQLException {
    return Sql.of("SELECT " + now).first(connection, row -> row.getLong(1)).orElseThrow();
  }

  /** Gives a schedule another plan; its history stays. Empty where there is none of that name. */
  public Optional<Schedule> change(SchedulePlan plan, String by) {
    return database.write(
        connection -> {
          long time = time(connection);
          return Sql.of(
                  "UPDATE schedules SET cron = ?, zone = ?, configuration = ?, model = ?,"
                      + " begins_with = ?, skip_unchanged = ?, held_out = ?, margin = ?, keep = ?,"
                      + " missed = ?, allow_overlap = ?, priority = ?, next_at = ?, changed_by = ?,"
                      + " changed_at = ? WHERE name = ? RETURNING *",
                  plan.cron().text(),
                  plan.cron().zone().getId(),
                  plan.configuration(),
                  plan.model(),
                  plan.start().word(),
                  plan.skipUnchanged(),
                  plan.heldOut(),
                  plan.margin(),
                  plan.keep(),
                  plan.missed().word(),
                  plan.overlap(),
                  plan.priority(),
                  plan.cron().next(Instant.ofEpochMilli(time)).toEpochMilli(),
                  by,
                  time,
                  plan.name())
              .first(connection, Schedule::of);
        });
  }

  /** The schedule of a name. */
  public Optional<Schedule> find(String name) {
    return database.read(connection -> find(connection, name));
  }

  private static Optional<Schedule> find(Connection connection, String name) throws SQLException {
    return Sql.of("SELECT * FROM schedules WHERE name = ?", name).first(connection, Schedule::of);
  }

  Optional<Schedule> find(long number) {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM schedules WHERE number = ?", number)
                .first(connection, Schedule::of));
  }

  /** All schedules by name. */
  public List<Schedule> list() {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM schedules ORDER BY name").list(connection, Schedule::of));
  }

  /** Forgets a schedule with its history; a run that it began goes on. */
  public boolean delete(String name) {
    return database.write(
        connection -> Sql.of("DELETE FROM schedules WHERE name = ?", name).update(connection) > 0);
  }

  /** Stops a schedule from firing by the clock; instants in the meantime are not missed ones. */
  public Optional<Schedule> pause(String name) {
    return database.write(
        connection ->
            Sql.of("UPDATE schedules SET paused = TRUE WHERE name = ? RETURNING *", name)
                .first(connection, Schedule::of));
  }

  /** Lets a schedule fire by the clock again, from now on. */
  public Optional<Schedule> resume(String name) {
    return database.write(
        connection -> {
          Optional<Schedule> schedule = find(connection, name);
          if (schedule.isEmpty() || !schedule.get().paused()) {
            return schedule;
          }
          Instant next = schedule.get().plan().cron().next(Instant.ofEpochMilli(time(connection)));
          return Sql.of(
                  "UPDATE schedules SET paused = FALSE, next_at = ? WHERE name = ? RETURNING *",
                  next.toEpochMilli(),
                  name)
              .first(connection, Schedule::of);
        });
  }

  /** What became of a schedule's instants, the newest first. */
  public List<Firing> history(Schedule schedule, Long before, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT %s FROM firings WHERE schedule = ? AND number < ? ORDER BY number DESC LIMIT ?"
                        .formatted(Firing.COLUMNS),
                    schedule.number(),
                    before == null ? Long.MAX_VALUE : before,
                    limit)
                .list(connection, Firing::of));
  }

  /**
   * Fires a schedule on request, paused or not.
   *
   * @param key the same key fires once; null: a new one
   * @param forced whether it trains even if nothing has changed
   * @return empty where there is no such schedule
   * @throws ScheduleException if the time before has not come to its end and that is not allowed
   */
  public Optional<Firing> trigger(String name, String by, String key, boolean forced) {
    String chosen = "request " + (key == null ? UUID.randomUUID() : key);
    return database.write(
        connection -> {
          // Whoever would fire the same schedule waits here.
          Optional<Schedule> schedule =
              Sql.of("UPDATE schedules SET next_at = next_at WHERE name = ? RETURNING *", name)
                  .first(connection, Schedule::of);
          if (schedule.isEmpty()) {
            return Optional.empty();
          }
          Optional<Firing> before =
              Sql.of(
                      "SELECT %s FROM firings WHERE schedule = ? AND key = ?"
                          .formatted(Firing.COLUMNS),
                      schedule.get().number(),
                      chosen)
                  .first(connection, Firing::of);
          if (before.isPresent()) {
            return before;
          }
          Optional<Firing> open = open(connection, schedule.get());
          if (open.isPresent()) {
            throw new ScheduleException(
                "%s is still at work since %s: wait for its end, or set overlap"
                    .formatted(name, open.get().firedAt()));
          }
          Instant time = Instant.ofEpochMilli(time(connection));
          return Optional.of(
              insert(
                  connection,
                  schedule.get(),
                  chosen,
                  time,
                  by,
                  forced,
                  FiringState.PREPARING,
                  null));
        });
  }

  /** The firing that stands in the way of another one. */
  private static Optional<Firing> open(Connection connection, Schedule schedule)
      throws SQLException {
    return schedule.plan().overlap()
        ? Optional.empty()
        : Sql.of(
                "SELECT %s FROM firings WHERE schedule = ? AND ended_at IS NULL ORDER BY number LIMIT 1"
                    .formatted(Firing.COLUMNS),
                schedule.number())
            .first(connection, Firing::of);
  }

  private Firing insert(
      Connection connection,
      Schedule schedule,
      String key,
      Instant due,
      String by,
      boolean forced,
      FiringState state,
      String reason)
      throws SQLException {
    return Sql.of(
            ("INSERT INTO firings (schedule, key, due_at, fired_at, requested_by, forced, state,"
                        + " reason, ended_at, attempt) VALUES (?, ?, ?, %s, ?, ?, ?, ?, %s, 0) RETURNING ")
                    .formatted(now, state == FiringState.PREPARING ? "NULL" : now)
                + Firing.COLUMNS,
            schedule.number(),
            key,
            due.toEpochMilli(),
            by,
            forced,
            state.word(),
            reason)
        .first(connection, Firing::of)
        .orElseThrow();
  }

  /** Fires every schedule that is due; returns what became of each. */
  List<Firing> fireDue() {
    List<Schedule> due =
        database.read(
            connection ->
                Sql.of("SELECT * FROM schedules WHERE NOT paused AND next_at <= " + now)
                    .list(connection, Schedule::of));
    return due.stream().flatMap(schedule -> fire(schedule).stream()).toList();
  }

  /** Fires a schedule for the instant that it was seen due at, unless another process has. */
  Optional<Firing> fire(Schedule seen) {
    return database.write(
        connection -> {
          int still =
              Sql.of(
                      "UPDATE schedules SET next_at = next_at"
                          + " WHERE number = ? AND next_at = ? AND changed_at = ? AND NOT paused",
                      seen.number(),
                      seen.nextAt().toEpochMilli(),
                      seen.changedAt().toEpochMilli())
                  .update(connection);
          if (still == 0) {
            return Optional.empty();
          }
          Instant time = Instant.ofEpochMilli(time(connection));
          Cron cron = seen.plan().cron();
          Sql.of(
                  "UPDATE schedules SET next_at = ? WHERE number = ?",
                  cron.next(time).toEpochMilli(),
                  seen.number())
              .update(connection);
          Instant latest = cron.latest(seen.nextAt(), time).orElse(seen.nextAt());
          return Optional.of(fire(connection, seen, latest, time));
        });
  }

  private Firing fire(Connection connection, Schedule schedule, Instant latest, Instant time)
      throws SQLException {
    boolean late = latest.plus(ON_TIME).isBefore(time);
    boolean missed = late && schedule.plan().missed() == Missed.SKIP;
    Optional<Firing> open = open(connection, schedule);
    FiringState state =
        missed
            ? FiringState.MISSED
            : open.isPresent() ? FiringState.SKIPPED : FiringState.PREPARING;
    String reason =
        missed
            ? "no service was there from %s to %s".formatted(schedule.nextAt(), latest)
            : open.map(firing -> "what began at %s had not ended".formatted(firing.firedAt()))
                .orElse(null);
    return insert(connection, schedule, latest.toString(), latest, null, false, state, reason);
  }
}
