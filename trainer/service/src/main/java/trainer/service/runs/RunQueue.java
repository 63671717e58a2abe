package trainer.service.runs;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import trainer.service.database.Database;
import trainer.service.database.Dialect;
import trainer.service.database.Sql;

/**
 * The queue, as used by workers. A worker takes a run under a lease, renews the lease and reports
 * the outcome. Reports are accepted only while the attempt is the newest, so of two workers that
 * believe they own a run, one does. Times are by the database's clock, so workers' clocks do not
 * matter.
 */
public final class RunQueue {
  private static final String OWNED =
      " WHERE number = ? AND attempt = ? AND worker = ? AND state = 'running'";

  private final Database database;
  private final String worker;
  private final String now;

  /**
   * @param worker unique name of this process, never reused
   */
  public RunQueue(Database database, String worker) {
    this.database = database;
    this.worker = worker;
    this.now = database.dialect().now();
  }

  /** A run held by this worker. */
  public record Held(int attempt, boolean cancelRequested) {}

  private record Expired(long number, int attempt, int failures) {}

  /** Whether other processes may share the queue. */
  public boolean isShared() {
    return database.dialect() == Dialect.POSTGRESQL;
  }

  /** Takes the next run, whatever number of GPUs it needs. */
  public Optional<Lease> take(Duration lease, Set<DeviceKind> devices) {
    return take(lease, devices, Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  /**
   * Takes the next run, if there are enough GPUs for it. If not, none behind it is taken: else
   * small runs could keep it waiting for ever.
   *
   * @param devices kinds of device the run may require
   * @param most GPUs of this worker; runs that need more are left to others
   * @param free GPUs
   */
  public Optional<Lease> take(Duration lease, Set<DeviceKind> devices, int most, int free) {
    String head =
        ("FROM (SELECT number, gpus FROM runs WHERE state = 'queued' AND %s AND device IN (%s)"
                + " AND gpus <= %s ORDER BY priority DESC, number LIMIT 1")
            .formatted(
                database.dialect().passed("not_before"),
                devices.stream()
                    .map(device -> "'" + device.word() + "'")
                    .collect(Collectors.joining(", ")),
                most);
    String fitting = ") AS head WHERE gpus <= " + free;
    if (isEmpty(head + fitting)) {
      return Optional.empty();
    }
    return database.write(
        connection -> {
          Optional<Lease> taken =
              Sql.of(
                      ("UPDATE runs SET state = 'running', attempt = attempt + 1, worker = ?,"
                              + " lease_until = %1$s + ?, started_at = COALESCE(started_at, %1$s),"
                              + " reason = NULL WHERE number = (SELECT number %2$s) RETURNING"
                              + " configuration, train_until, gpus, %3$s")
                          .formatted(
                              now, head + database.dialect().skipLocked() + fitting, Run.COLUMNS),
                      worker,
                      lease.toMillis())
                  .first(
                      connection,
                      row ->
                          new Lease(
                              Run.of(row),
                              row.getString("configuration"),
                              Sql.integer(row, "train_until"),
                              row.getInt("gpus")));
          if (taken.isPresent()) {
            Run run = taken.get().run();
            Sql.of(
                    "INSERT INTO attempts (run, attempt, worker, started_at) VALUES (?, ?, ?, %s)"
                        .formatted(now),
                    run.number(),
                    run.attempt(),
                    worker)
                .update(connection);
          }
          return taken;
        });
  }

  // Without a transaction: usually there is nothing to do.
  private boolean isEmpty(String rows) {
    return database
        .read(
            connection ->
                Sql.of("SELECT 1 %s LIMIT 1".formatted(rows)).first(connection, row -> true))
        .isEmpty();
  }

  /** The runs this worker holds, by number. */
  public Map<Long, Held> held() {
    Map<Long, Held> held = new HashMap<>();
    database.read(
        connection ->
            Sql.of(
                    "SELECT number, attempt, cancel_requested FROM runs"
                        + " WHERE worker = ? AND state = 'running'",
                    worker)
                .list(
                    connection,
                    row ->
                        held.put(
                            row.getLong("number"),
                            new Held(row.getInt("attempt"), row.getBoolean("cancel_requested")))));
    return held;
  }

  /**
   * Renews leases. A run whose take failed on the way back from the database is not in the list, so
   * its lease expires.
   *
   * @param runs their numbers, at least one
   */
  public void renew(Duration lease, List<Long> runs) {
    String numbers = runs.stream().map(String::valueOf).collect(Collectors.joining(", "));
    database.write(
        connection ->
            Sql.of(
                    ("UPDATE runs SET lease_until = %s + ?"
                            + " WHERE worker = ? AND state = 'running' AND number IN (%s)")
                        .formatted(now, numbers),
                    lease.toMillis(),
                    worker)
                .update(connection));
  }

  /**
   * Reports the outcome of an attempt. A run that would return to the queue is cancelled if
   * requested.
   *
   * @return false, with no change, if this attempt is no longer the newest
   */
  public boolean end(Lease lease, Outcome outcome) {
    Run run = lease.run();
    return database.write(
        connection ->
            end(
                connection,
                run.number(),
                run.attempt(),
                outcome,
                outcome.state().word(),
                Sql.of(OWNED, run.number(), run.attempt(), worker)));
  }

  private boolean end(
      Connection connection, long number, int attempt, Outcome outcome, String recorded, Sql where)
      throws SQLException {
    boolean again = outcome.state() == RunState.QUEUED;
    String state = again ? "CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END" : "?";
    String finished = again ? "CASE WHEN cancel_requested THEN %s END".formatted(now) : now;
    List<Object> parameters = new ArrayList<>();
    if (!again) {
      parameters.add(outcome.state().word());
    }
    parameters.add(outcome.reason());
    parameters.add(outcome.failure() ? 1 : 0);
    parameters.add(outcome.failsAgain());
    parameters.add(outcome.delay().toMillis());
    parameters.addAll(where.parameters());
    int ended =
        new Sql(
                ("UPDATE runs SET state = %s, finished_at = %s, reason = ?, failures = failures +"
                            + " ?, fails_again = ?, not_before = %s + ?, worker = NULL, lease_until = NULL")
                        .formatted(state, finished, now)
                    + where.text(),
                parameters)
            .update(connection);
    if (ended == 0) {
      return false;
    }
    Sql.of(
            "UPDATE attempts SET ended_at = %s, outcome = ?, reason = ? WHERE run = ? AND attempt = ?"
                .formatted(now),
            recorded,
            outcome.reason(),
            number,
            attempt)
        .update(connection);
    Run run =
        Sql.of("SELECT %s FROM runs WHERE number = ?".formatted(Run.COLUMNS), number)
            .first(connection, Run::of)
            .orElseThrow();
    RunEnd.announce(connection, database.dialect(), run);
    return true;
  }

  /**
   * Requeues runs of any worker whose lease has expired.
   *
   * @param retries failures allowed; a run with more is interrupted
   * @return number of runs
   */
  public int giveBackExpired(int retries) {
    String expired =
        "FROM runs WHERE state = 'running' AND " + database.dialect().passed("lease_until");
    if (isEmpty(expired)) {
      return 0;
    }
    return database.write(
        connection -> {
          List<Expired> found =
              Sql.of(
                      "SELECT number, attempt, failures %s%s"
                          .formatted(expired, database.dialect().skipLocked()))
                  .list(
                      connection,
                      row ->
                          new Expired(
                              row.getLong("number"),
                              row.getInt("attempt"),
                              row.getInt("failures")));
          for (Expired run : found) {
            String lost = "the lease of its worker expired";
            Outcome outcome =
                run.failures() < retries
                    ? Outcome.retried(lost, Duration.ZERO)
                    : new Outcome(
                        RunState.INTERRUPTED,
                        lost + ", %d times in all".formatted(run.failures() + 1),
                        Duration.ZERO,
                        true);
            end(
                connection,
                run.number(),
                run.attempt(),
                outcome,
                "lost",
                Sql.of(
                    " WHERE number = ? AND attempt = ? AND state = 'running'",
                    run.number(),
                    run.attempt()));
          }
          return found.size();
        });
  }
}
