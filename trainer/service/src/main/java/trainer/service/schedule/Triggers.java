package trainer.service.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.runs.IdempotencyException;
import trainer.service.schedule.SchedulePlan.Missed;

/**
 * Triggers schedules, by time and on request. A transaction moves a schedule to its next instant
 * and records the present one, so of several processes that see it due, one triggers it. Times are
 * by the database's clock.
 */
public final class Triggers {
  private static final Logger LOG = LoggerFactory.getLogger(Triggers.class);
  private static final Duration ON_TIME = Duration.ofMinutes(2);
  private static final String UNCHANGED =
      " WHERE number = ? AND next_at = ? AND changed_at = ? AND NOT paused";

  private final Database database;
  private final String now;

  public Triggers(Database database) {
    this.database = database;
    this.now = database.dialect().now();
  }

  /**
   * Triggers a schedule on request, also if paused.
   *
   * @param key idempotency key; null: a new one
   * @param forced whether to train even if nothing has changed
   * @return empty if the schedule is unknown
   * @throws IdempotencyException if the key was used for a request that forced, or did not
   * @throws ScheduleException if the previous trigger run is in progress and overlap is not allowed
   */
  public Optional<TriggerRun> request(String name, String by, String key, boolean forced) {
    // Callers do not have white space in their names, so keys of two callers differ.
    String chosen = "request %s %s".formatted(by, key == null ? UUID.randomUUID() : key);
    return database.write(
        connection -> {
          // Concurrent triggers of the schedule wait here.
          Optional<Schedule> schedule =
              Sql.of("UPDATE schedules SET next_at = next_at WHERE name = ? RETURNING *", name)
                  .first(connection, Schedule::of);
          if (schedule.isEmpty()) {
            return Optional.empty();
          }
          Optional<TriggerRun> before =
              Sql.of(
                      "SELECT %s FROM firings WHERE schedule = ? AND key = ?"
                          .formatted(TriggerRun.COLUMNS),
                      schedule.get().number(),
                      chosen)
                  .first(connection, TriggerRun::of);
          if (before.isPresent()) {
            if (before.get().forced() != forced) {
              throw new IdempotencyException(key);
            }
            return before;
          }
          Optional<TriggerRun> open = open(connection, schedule.get());
          if (open.isPresent()) {
            throw new ScheduleException(
                "%s is in progress since %s: wait until it ends, or set overlap"
                    .formatted(name, open.get().firedAt()));
          }
          Instant time = Instant.ofEpochMilli(Sql.time(connection, now));
          return insert(
              connection,
              schedule.get(),
              chosen,
              time,
              by,
              forced,
              TriggerRunState.PREPARING,
              null);
        });
  }

  /** The trigger run in progress that forbids another one. */
  private static Optional<TriggerRun> open(Connection connection, Schedule schedule)
      throws SQLException {
    return schedule.plan().overlap()
        ? Optional.empty()
        : Sql.of(
                "SELECT %s FROM firings WHERE schedule = ? AND ended_at IS NULL ORDER BY number LIMIT 1"
                    .formatted(TriggerRun.COLUMNS),
                schedule.number())
            .first(connection, TriggerRun::of);
  }

  /** Inserts a trigger run; empty if the key exists. */
  private Optional<TriggerRun> insert(
      Connection connection,
      Schedule schedule,
      String key,
      Instant due,
      String by,
      boolean forced,
      TriggerRunState state,
      String reason)
      throws SQLException {
    return Sql.of(
            ("INSERT INTO firings (schedule, key, due_at, fired_at, requested_by, forced, state,"
                        + " reason, ended_at, attempt) VALUES (?, ?, ?, %s, ?, ?, ?, ?, %s, 0)"
                        + " ON CONFLICT DO NOTHING RETURNING ")
                    .formatted(now, state == TriggerRunState.PREPARING ? "NULL" : now)
                + TriggerRun.COLUMNS,
            schedule.number(),
            key,
            due.toEpochMilli(),
            by,
            forced,
            state.word(),
            reason)
        .first(connection, TriggerRun::of);
  }

  /** Moves instants back that were computed before the clock was set back. */
  void followClock() {
    List<Schedule> waiting =
        database.read(
            connection ->
                Sql.of("SELECT * FROM schedules WHERE NOT paused AND next_at > " + now)
                    .list(connection, Schedule::of));
    Instant time = Instant.ofEpochMilli(database.read(connection -> Sql.time(connection, now)));
    for (Schedule schedule : waiting) {
      Instant next = schedule.plan().cron().next(time);
      if (schedule.nextAt().isAfter(next)) {
        move(schedule, next);
      }
    }
  }

  private void move(Schedule schedule, Instant next) {
    int moved =
        database.write(
            connection ->
                Sql.of(
                        "UPDATE schedules SET next_at = ?" + UNCHANGED,
                        next.toEpochMilli(),
                        schedule.number(),
                        schedule.nextAt().toEpochMilli(),
                        schedule.changedAt().toEpochMilli())
                    .update(connection));
    if (moved > 0) {
      LOG.warn(
          "schedule {}: the clock was set back: next instant {} instead of {}",
          schedule.plan().name(),
          next,
          schedule.nextAt());
    }
  }

  /** Triggers all due schedules. */
  List<TriggerRun> fireDue() {
    List<Schedule> due =
        database.read(
            connection ->
                Sql.of("SELECT * FROM schedules WHERE NOT paused AND next_at <= " + now)
                    .list(connection, Schedule::of));
    return due.stream().flatMap(schedule -> fire(schedule).stream()).toList();
  }

  /** Triggers a schedule for its due instant, unless another process has. */
  Optional<TriggerRun> fire(Schedule seen) {
    return database.write(
        connection -> {
          int still =
              Sql.of(
                      "UPDATE schedules SET next_at = next_at" + UNCHANGED,
                      seen.number(),
                      seen.nextAt().toEpochMilli(),
                      seen.changedAt().toEpochMilli())
                  .update(connection);
          if (still == 0) {
            return Optional.empty();
          }
          Instant time = Instant.ofEpochMilli(Sql.time(connection, now));
          Cron cron = seen.plan().cron();
          Sql.of(
                  "UPDATE schedules SET next_at = ? WHERE number = ?",
                  cron.next(time).toEpochMilli(),
                  seen.number())
              .update(connection);
          Instant latest = cron.latest(seen.nextAt(), time).orElse(seen.nextAt());
          return fire(connection, seen, latest, time);
        });
  }

  private Optional<TriggerRun> fire(
      Connection connection, Schedule schedule, Instant latest, Instant time) throws SQLException {
    boolean late = latest.plus(ON_TIME).isBefore(time);
    boolean missed = late && schedule.plan().missed() == Missed.SKIP;
    Optional<TriggerRun> open = open(connection, schedule);
    TriggerRunState state =
        missed
            ? TriggerRunState.MISSED
            : open.isPresent() ? TriggerRunState.SKIPPED : TriggerRunState.PREPARING;
    String reason =
        missed
            ? "no service was running from %s to %s".formatted(schedule.nextAt(), latest)
            : open.map(
                    triggerRun ->
                        "the trigger run of %s was in progress".formatted(triggerRun.firedAt()))
                .orElse(null);
    return insert(connection, schedule, latest.toString(), latest, null, false, state, reason);
  }
}
