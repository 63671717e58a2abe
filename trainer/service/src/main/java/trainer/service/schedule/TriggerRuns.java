package trainer.service.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.runs.Run;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.webhook.Event;
import trainer.service.webhook.Outbox;

/**
 * The trigger runs in progress, as used by the scheduler. A process takes one under a lease, and
 * its reports are accepted only while its attempt is the newest.
 */
final class TriggerRuns {
  private static final Logger LOG = LoggerFactory.getLogger(TriggerRuns.class);
  private static final String OWNED =
      " WHERE number = ? AND attempt = ? AND worker = ? AND ended_at IS NULL";

  private final Database database;
  private final Runs runs;
  private final String worker;
  private final String now;

  /**
   * @param worker unique name of this process, never reused
   */
  TriggerRuns(Database database, Runs runs, String worker) {
    this.database = database;
    this.runs = runs;
    this.worker = worker;
    this.now = database.dialect().now();
  }

  /** A change in the same transaction. */
  @FunctionalInterface
  interface Change {
    void make(Connection connection) throws SQLException;
  }

  /**
   * Checksums of what decides the result of a trigger run.
   *
   * @param corpusSha256 of the text
   * @param configurationSha256 see {@link SchedulePlan#inputsSha256}
   */
  record Inputs(String corpusSha256, String configurationSha256) {}

  /** A trigger run that failed, and how long ago. */
  record Failure(Duration age, String reason) {}

  /** Takes a trigger run that is not waiting for a training run. */
  Optional<TriggerRun> take(Duration lease) {
    String waits =
        "ended_at IS NULL AND (lease_until IS NULL OR %s)"
                .formatted(database.dialect().passed("lease_until"))
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

  /** Renews a lease, unless another process has taken the trigger run. */
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

  /** Whether the last promoted or kept result had these inputs. */
  boolean isResultOf(Schedule schedule, Inputs inputs) {
    return database
        .read(
            connection ->
                Sql.of(
                        "SELECT corpus_sha256, configuration_sha256, fired_at FROM firings"
                            + " WHERE schedule = ? AND state IN ('promoted', 'kept')"
                            + " ORDER BY number DESC LIMIT 1",
                        schedule.number())
                    .first(
                        connection,
                        row ->
                            inputs.corpusSha256().equals(row.getString(1))
                                && (row.getString(2) == null // by version 1.0
                                    ? row.getLong(3) >= schedule.changedAt().toEpochMilli()
                                    : row.getString(2).equals(inputs.configurationSha256()))))
        .orElse(false);
  }

  /**
   * The failures with the same inputs since the last result, newest first. Cancelled runs are no
   * failures.
   */
  List<Failure> failures(Schedule schedule, Inputs inputs) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT %s - f.ended_at AS age, f.reason FROM firings f".formatted(now)
                        + " LEFT JOIN runs r ON r.id = f.run WHERE f.schedule = ?"
                        + " AND f.state = 'failed' AND COALESCE(r.state, '') <> 'cancelled'"
                        + " AND f.corpus_sha256 = ? AND f.configuration_sha256 = ?"
                        + " AND f.number > (SELECT COALESCE(MAX(number), 0) FROM firings"
                        + " WHERE schedule = ? AND state IN ('promoted', 'kept'))"
                        + " ORDER BY f.number DESC LIMIT 20",
                    schedule.number(),
                    inputs.corpusSha256(),
                    inputs.configurationSha256(),
                    schedule.number())
                .list(
                    connection,
                    row ->
                        new Failure(
                            Duration.ofMillis(row.getLong("age")), row.getString("reason"))));
  }

  /** The runs of ended trigger runs that have ended too, newest first. */
  List<String> endedRuns(Schedule schedule) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT r.id FROM firings f JOIN runs r ON r.id = f.run WHERE f.schedule = ?"
                        + " AND f.ended_at IS NOT NULL AND r.state NOT IN ('queued', 'running')"
                        + " ORDER BY f.number DESC",
                    schedule.number())
                .list(connection, row -> row.getString(1)));
  }

  /**
   * Queues the training run.
   *
   * @throws LostException if another process has taken the trigger run; nothing changes
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

  void end(TriggerRun triggerRun, TriggerOutcome outcome) {
    end(triggerRun, outcome, connection -> {});
  }

  /**
   * Ends a trigger run and makes a change, atomically.
   *
   * @throws LostException if another process has taken the trigger run; nothing changes
   */
  void end(TriggerRun triggerRun, TriggerOutcome outcome, Change change) {
    String schedule = database.write(connection -> end(connection, triggerRun, outcome, change));
    LOG.info(
        "schedule {}, trigger run {}: {}: {}",
        schedule,
        triggerRun.number(),
        outcome.state().word(),
        outcome.reason());
  }

  /** Returns the name of the schedule. */
  private String end(
      Connection connection, TriggerRun triggerRun, TriggerOutcome outcome, Change change)
      throws SQLException {
    int accepted =
        Sql.of(
                "UPDATE firings SET state = ?, reason = ?, version = ?, figures = ?,"
                    + " corpus_sha256 = COALESCE(?, corpus_sha256),"
                    + " ended_at = %s, worker = NULL, lease_until = NULL".formatted(now)
                    + OWNED,
                outcome.state().word(),
                outcome.reason(),
                outcome.version(),
                outcome.figures(),
                outcome.corpusSha256(),
                triggerRun.number(),
                triggerRun.attempt(),
                worker)
            .update(connection);
    if (accepted == 0) {
      throw new LostException();
    }
    change.make(connection);
    String schedule =
        Sql.of("SELECT name FROM schedules WHERE number = ?", triggerRun.schedule())
            .first(connection, row -> row.getString(1))
            .orElseThrow();
    if (outcome.state() == TriggerRunState.FAILED
        && !outcome.reason().equals(reasonBefore(connection, triggerRun))) {
      announce(connection, schedule, triggerRun, outcome.reason());
    }
    return schedule;
  }

  /** The reason of the previous result or failure; empty if there was none. */
  private static String reasonBefore(Connection connection, TriggerRun triggerRun)
      throws SQLException {
    return Sql.of(
            "SELECT reason FROM firings WHERE schedule = ? AND number < ?"
                + " AND state IN ('promoted', 'kept', 'failed') ORDER BY number DESC LIMIT 1",
            triggerRun.schedule(),
            triggerRun.number())
        .first(connection, row -> String.valueOf(row.getString(1)))
        .orElse("");
  }

  private void announce(
      Connection connection, String schedule, TriggerRun triggerRun, String reason)
      throws SQLException {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("schedule", schedule);
    data.put("due_at", triggerRun.dueAt().toString());
    data.put("run", triggerRun.run());
    data.put("reason", reason);
    Outbox.put(connection, database.dialect(), Event.SCHEDULE_FAILED, data);
  }

  /** Gives up the lease at once. */
  void release(TriggerRun triggerRun) {
    release(triggerRun, Duration.ZERO);
  }

  /** Gives up the lease; no process takes the trigger run before the delay has passed. */
  void release(TriggerRun triggerRun, Duration delay) {
    database.write(
        connection ->
            Sql.of(
                    "UPDATE firings SET worker = NULL, lease_until = %s + ?".formatted(now) + OWNED,
                    delay.toMillis(),
                    triggerRun.number(),
                    triggerRun.attempt(),
                    worker)
                .update(connection));
  }

  /** Another process has taken the trigger run. */
  static final class LostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LostException() {
      super("another process has taken the trigger run");
    }
  }
}
