package trainer.service.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.runs.Run;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.webhook.Event;
import trainer.service.webhook.Outbox;

/**
 * The trigger runs that have not ended, as those see them who work on them. A process takes one
 * under lease, and what it then says is accepted only while its attempt is the newest.
 */
final class TriggerRuns {
  private static final String OWNED =
      " WHERE number = ? AND attempt = ? AND worker = ? AND ended_at IS NULL";

  private final Database database;
  private final Runs runs;
  private final String worker;
  private final String now;

  /**
   * @param worker names this process, unlike any other that there is or was
   */
  TriggerRuns(Database database, Runs runs, String worker) {
    this.database = database;
    this.runs = runs;
    this.worker = worker;
    this.now = database.dialect().now();
  }

  /** A change that belongs to the end of a trigger run. */
  @FunctionalInterface
  interface Change {
    void make(Connection connection) throws SQLException;
  }

  /** What a trigger run trained from, to be compared with the next. */
  record Inputs(String corpusSha256, String configurationSha256) {}

  /** Takes a trigger run at which there is something to do: whose run, if it has one, has ended. */
  Optional<TriggerRun> take(Duration lease) {
    String waits =
        "ended_at IS NULL AND (lease_until IS NULL OR lease_until < %s)".formatted(now)
            + " AND NOT EXISTS (SELECT 1 FROM runs r"
            + " WHERE r.id = firings.run AND r.state IN ('queued', 'running'))";
    boolean none =
        database
            .read(
                connection ->
                    Sql.of("SELECT 1 FROM firings WHERE %s LIMIT 1".formatted(waits))
                        .first(connection, row -> true))
            .isEmpty();
    if (none) {
      return Optional.empty();
    }
    return database.write(
        connection ->
            Sql.of(
                    ("UPDATE firings SET attempt = attempt + 1, worker = ?, lease_until = %s + ?"
                            + " WHERE number = (SELECT number FROM firings WHERE %s"
                            + " ORDER BY number LIMIT 1%s) RETURNING %s")
                        .formatted(now, waits, database.dialect().skipLocked(), TriggerRun.COLUMNS),
                    worker,
                    lease.toMillis())
                .first(connection, TriggerRun::of));
  }

  /** Renews the lease of a trigger run, unless another process has it by now. */
  void renew(TriggerRun triggerRun, Duration lease) {
    database.write(
        connection ->
            Sql.of(
                    "UPDATE firings SET lease_until = %s + ?".formatted(now) + OWNED,
                    lease.toMillis(),
                    triggerRun.number(),
                    triggerRun.attempt(),
                    worker)
                .update(connection));
  }

  /** What the last result of a schedule came from. */
  Optional<Inputs> lastInputs(Schedule schedule) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT corpus_sha256, configuration_sha256 FROM firings WHERE schedule = ?"
                        + " AND state IN ('promoted', 'kept') ORDER BY number DESC LIMIT 1",
                    schedule.number())
                .first(connection, row -> new Inputs(row.getString(1), row.getString(2))));
  }

  /**
   * Puts the run of a trigger run into the queue.
   *
   * @throws LostException if another process has it by now: nothing is changed
   */
  void train(TriggerRun triggerRun, Submission submission, Inputs inputs) {
    database.write(
        connection -> {
          Run run = runs.submit(connection, submission).run();
          int accepted =
              Sql.of(
                      "UPDATE firings SET state = 'training', run = ?, corpus_sha256 = ?,"
                          + " configuration_sha256 = ?, worker = NULL, lease_until = NULL"
                          + OWNED,
                      run.id(),
                      inputs.corpusSha256(),
                      inputs.configurationSha256(),
                      triggerRun.number(),
                      triggerRun.attempt(),
                      worker)
                  .update(connection);
          if (accepted == 0) {
            throw new LostException();
          }
          return accepted;
        });
  }

  /**
   * Ends a trigger run, together with what belongs to it, wholly or not at all.
   *
   * @param version that came of it, or null
   * @param figures JSON object, or null
   * @throws LostException if another process has it by now: nothing is changed
   */
  void end(
      TriggerRun triggerRun,
      TriggerRunState state,
      String reason,
      Integer version,
      String figures,
      Change change) {
    database.write(
        connection -> {
          int accepted =
              Sql.of(
                      "UPDATE firings SET state = ?, reason = ?, version = ?, figures = ?,"
                          + " ended_at = %s, worker = NULL, lease_until = NULL".formatted(now)
                          + OWNED,
                      state.word(),
                      reason,
                      version,
                      figures,
                      triggerRun.number(),
                      triggerRun.attempt(),
                      worker)
                  .update(connection);
          if (accepted == 0) {
            throw new LostException();
          }
          change.make(connection);
          if (state == TriggerRunState.FAILED) {
            announce(connection, triggerRun, reason);
          }
          return accepted;
        });
  }

  private void announce(Connection connection, TriggerRun triggerRun, String reason)
      throws SQLException {
    String schedule =
        Sql.of("SELECT name FROM schedules WHERE number = ?", triggerRun.schedule())
            .first(connection, row -> row.getString(1))
            .orElseThrow();
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("schedule", schedule);
    data.put("due_at", triggerRun.dueAt().toString());
    data.put("run", triggerRun.run());
    data.put("reason", reason);
    Outbox.put(connection, database.dialect(), Event.SCHEDULE_FAILED, data);
  }

  /** Lets others have it at once. */
  void release(TriggerRun triggerRun) {
    database.write(
        connection ->
            Sql.of(
                    "UPDATE firings SET worker = NULL, lease_until = NULL" + OWNED,
                    triggerRun.number(),
                    triggerRun.attempt(),
                    worker)
                .update(connection));
  }

  /** Another process has the trigger run. */
  static final class LostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LostException() {
      super("another process has the firing");
    }
  }
}
