package trainer.service.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/**
 * The schedules, as used by clients: create, change, pause, delete. Times are by the database's
 * clock.
 */
public final class Schedules {
  private static final String COLUMNS =
      "name, cron, zone, configuration, model, begins_with, skip_unchanged, held_out, margin, keep,"
          + " keep_runs, missed, allow_overlap, priority, next_at, changed_by, changed_at";

  private static final int TRIGGER_RUNS_KEPT = 10_000;

  private final Database database;
  private final String now;

  public Schedules(Database database) {
    this.database = database;
    this.now = database.dialect().now();
  }

  /** Creates a schedule; empty if the name is taken. */
  public Optional<Schedule> create(SchedulePlan plan, String by) {
    return put(
        "INSERT INTO schedules (%s, paused) VALUES (%s, FALSE) ON CONFLICT DO NOTHING RETURNING *",
        plan, by);
  }

  /** Replaces the plan of a schedule and keeps its history; empty if unknown. */
  public Optional<Schedule> change(SchedulePlan plan, String by) {
    return put(
        "UPDATE schedules SET (%s) = (%s) WHERE name = ? RETURNING *", plan, by, plan.name());
  }

  /**
   * @param statement with a placeholder for the columns and one for their question marks
   * @param more parameters
   */
  private Optional<Schedule> put(String statement, SchedulePlan plan, String by, Object... more) {
    return database.write(
        connection -> {
          long time = Sql.time(connection, now);
          List<Object> values = new ArrayList<>();
          Collections.addAll(
              values,
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
              plan.keepRuns(),
              plan.missed().word(),
              plan.overlap(),
              plan.priority(),
              next(find(connection, plan.name()), plan.cron(), Instant.ofEpochMilli(time))
                  .toEpochMilli(),
              by,
              time);
          String marks = String.join(", ", Collections.nCopies(values.size(), "?"));
          Collections.addAll(values, more);
          return new Sql(statement.formatted(COLUMNS, marks), values)
              .first(connection, Schedule::of);
        });
  }

  /** An instant that is due, and not triggered yet, stays due in a plan of the same times. */
  private static Instant next(Optional<Schedule> before, Cron cron, Instant time) {
    return before
        .filter(schedule -> !schedule.paused() && !schedule.nextAt().isAfter(time))
        .filter(schedule -> schedule.plan().cron().isSameAs(cron))
        .map(Schedule::nextAt)
        .orElseGet(() -> cron.next(time));
  }

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

  /** Deletes a schedule and its history; its runs continue. */
  public boolean delete(String name) {
    return database.write(
        connection -> Sql.of("DELETE FROM schedules WHERE name = ?", name).update(connection) > 0);
  }

  /** Pauses a schedule; instants meanwhile do not count as missed. */
  public Optional<Schedule> pause(String name, String by) {
    return setPaused(name, true, by);
  }

  /** Resumes a schedule from now on. */
  public Optional<Schedule> resume(String name, String by) {
    return setPaused(name, false, by);
  }

  private Optional<Schedule> setPaused(String name, boolean paused, String by) {
    return database.write(
        connection -> {
          Optional<Schedule> schedule = find(connection, name);
          if (schedule.isEmpty() || schedule.get().paused() == paused) {
            return schedule;
          }
          long time = Sql.time(connection, now);
          return Sql.of(
                  "UPDATE schedules SET paused = ?, next_at = ?, changed_by = ?, changed_at = ?"
                      + " WHERE name = ? RETURNING *",
                  paused,
                  schedule.get().plan().cron().next(Instant.ofEpochMilli(time)).toEpochMilli(),
                  by,
                  time,
                  name)
              .first(connection, Schedule::of);
        });
  }

  /**
   * Number of trigger runs of a schedule in a state.
   *
   * @param schedule its name
   */
  public record Count(String schedule, TriggerRunState state, int triggerRuns) {}

  /** The counts that are not zero. */
  public List<Count> counts() {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT s.name, f.state, COUNT(*) AS firings FROM firings f"
                        + " JOIN schedules s ON s.number = f.schedule GROUP BY s.name, f.state")
                .list(
                    connection,
                    row ->
                        new Count(
                            row.getString("name"),
                            TriggerRunState.ofWord(row.getString("state")),
                            row.getInt("firings"))));
  }

  /**
   * Deletes old trigger runs. Of each schedule the newest 10,000 stay, the last result, which the
   * next one is compared with, and those whose runs are there: by them, runs are counted and
   * deleted.
   */
  public void forgetTriggerRuns() {
    forgetTriggerRuns(TRIGGER_RUNS_KEPT);
  }

  void forgetTriggerRuns(int kept) {
    for (Schedule schedule : list()) {
      database.write(
          connection ->
              Sql.of(
                      "DELETE FROM firings WHERE schedule = ? AND ended_at IS NOT NULL"
                          + " AND number <= (SELECT number FROM firings WHERE schedule = ?"
                          + " ORDER BY number DESC LIMIT 1 OFFSET ?)"
                          + " AND number <> (SELECT COALESCE(MAX(number), 0) FROM firings"
                          + " WHERE schedule = ? AND state IN ('promoted', 'kept'))"
                          + " AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = firings.run)",
                      schedule.number(),
                      schedule.number(),
                      kept,
                      schedule.number())
                  .update(connection));
    }
  }

  /** Trigger runs of a schedule, newest first. */
  public List<TriggerRun> history(Schedule schedule, Long before, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT %s FROM firings WHERE schedule = ? AND number < ? ORDER BY number DESC LIMIT ?"
                        .formatted(TriggerRun.COLUMNS),
                    schedule.number(),
                    before == null ? Long.MAX_VALUE : before,
                    limit)
                .list(connection, TriggerRun::of));
  }
}
