package trainer.service.runs;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/** The runs as people see them: submitted, found, listed, cancelled, resumed, deleted. */
public final class Runs {
  private static final String LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"; // without i, l, o, u
  private static final int ID_LETTERS = 8;
  private static final Duration KEYS_KEPT = Duration.ofDays(30);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final int mostQueued;
  private final String now;

  /** The runs of a database, of which any number may wait. */
  public Runs(Database database) {
    this(database, Integer.MAX_VALUE);
  }

  /**
   * The runs of a database.
   *
   * @param mostQueued so many may wait, at least 1; those that go back to the queue always may
   */
  public Runs(Database database, int mostQueued) {
    this.database = database;
    this.mostQueued = mostQueued;
    this.now = database.dialect().now();
  }

  /**
   * A run that was submitted.
   *
   * @param created false if the same submission had been made before
   */
  public record Submitted(Run run, boolean created) {}

  private record Key(String digest, Long run) {}

  /**
   * Puts a run into the queue, or finds the one that the same submission made before. When it
   * returns, the submission is not lost any more.
   *
   * @throws IdempotencyException if the key was used for another submission
   * @throws QueueFullException if as many wait as may
   */
  public Submitted submit(Submission submission) {
    return database.write(connection -> submit(connection, submission));
  }

  /** The same as a part of a larger change. */
  public Submitted submit(Connection connection, Submission submission) throws SQLException {
    String key = submission.idempotencyKey();
    if (key == null) {
      return new Submitted(insert(connection, submission), true);
    }
    // Where two come at once, the second waits here for the first.
    int first =
        Sql.of(
                "INSERT INTO idempotency_keys (principal, key, digest, created_at) VALUES (?, ?, ?, %s)"
                        .formatted(now)
                    + " ON CONFLICT DO NOTHING",
                submission.principal(),
                key,
                submission.digest())
            .update(connection);
    if (first == 0) {
      Key used =
          Sql.of(
                  "SELECT digest, run FROM idempotency_keys WHERE principal = ? AND key = ?",
                  submission.principal(),
                  key)
              .first(connection, row -> new Key(row.getString("digest"), row.getLong("run")))
              .orElseThrow();
      if (!used.digest().equals(submission.digest())) {
        throw new IdempotencyException(key);
      }
      return new Submitted(byNumber(connection, used.run()), false);
    }
    Run run = insert(connection, submission);
    Sql.of(
            "UPDATE idempotency_keys SET run = ? WHERE principal = ? AND key = ?",
            run.number(),
            submission.principal(),
            key)
        .update(connection);
    return new Submitted(run, true);
  }

  /** Makes sure that no more wait than may. The index has those that do beside each other. */
  private void requireRoom(Connection connection) throws SQLException {
    Sql.of(database.dialect().oneByOne("queue")).first(connection, row -> true);
    boolean full =
        Sql.of("SELECT 1 FROM runs WHERE state = 'queued' LIMIT 1 OFFSET ?", mostQueued)
            .first(connection, row -> true)
            .isPresent();
    if (full) {
      throw new QueueFullException(mostQueued);
    }
  }

  private Run insert(Connection connection, Submission submission) throws SQLException {
    Run run =
        Sql.of(
                ("INSERT INTO runs (id, name, state, priority, configuration, submitted_by,"
                     + " submitted_at, not_before, attempt, failures, cancel_requested, init_from,"
                     + " device, reason) VALUES (?, ?, 'queued', ?, ?, ?, %s, 0, 0, 0, FALSE, ?, ?,"
                     + " ?) RETURNING ")
                        .formatted(now)
                    + Run.COLUMNS,
                submission.name() + "-" + randomLetters(),
                submission.name(),
                submission.priority(),
                submission.configuration(),
                submission.principal(),
                submission.initFrom(),
                submission.device().word(),
                submission.device() == DeviceKind.GPU ? "waits for a GPU" : null)
            .first(connection, Run::of)
            .orElseThrow();
    requireRoom(connection);
    return run;
  }

  private static String randomLetters() {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < ID_LETTERS; i++) {
      letters.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
    }
    return letters.toString();
  }

  private static Run byNumber(Connection connection, long number) throws SQLException {
    return Sql.of("SELECT %s FROM runs WHERE number = ?".formatted(Run.COLUMNS), number)
        .first(connection, Run::of)
        .orElseThrow();
  }

  /** The run of an id. */
  public Optional<Run> find(String id) {
    return database.read(
        connection ->
            Sql.of("SELECT %s FROM runs WHERE id = ?".formatted(Run.COLUMNS), id)
                .first(connection, Run::of));
  }

  /** The configuration of a run, as YAML. */
  public Optional<String> configuration(String id) {
    return database.read(
        connection ->
            Sql.of("SELECT configuration FROM runs WHERE id = ?", id)
                .first(connection, row -> row.getString("configuration")));
  }

  /**
   * Runs from the newest to the oldest.
   *
   * @param state only those, or null
   * @param before only those older than this number, or null
   * @param limit at most so many
   */
  public List<Run> list(RunState state, Long before, int limit) {
    List<Object> parameters = new ArrayList<>();
    StringBuilder where = new StringBuilder(" WHERE 1 = 1");
    if (state != null) {
      where.append(" AND state = ?");
      parameters.add(state.word());
    }
    if (before != null) {
      where.append(" AND number < ?");
      parameters.add(before);
    }
    parameters.add(limit);
    String text =
        "SELECT %s FROM runs%s ORDER BY number DESC LIMIT ?".formatted(Run.COLUMNS, where);
    return database.read(connection -> new Sql(text, parameters).list(connection, Run::of));
  }

  /** How many runs are in each state. */
  public Map<RunState, Integer> counts() {
    Map<RunState, Integer> counts = new EnumMap<>(RunState.class);
    for (RunState state : RunState.values()) {
      counts.put(state, 0);
    }
    database.read(
        connection ->
            Sql.of("SELECT state, COUNT(*) AS runs FROM runs GROUP BY state")
                .list(
                    connection,
                    row ->
                        counts.put(RunState.ofWord(row.getString("state")), row.getInt("runs"))));
    return counts;
  }

  /** The attempts at a run, the first first. */
  public List<Attempt> attempts(Run run) {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM attempts WHERE run = ? ORDER BY attempt", run.number())
                .list(connection, Attempt::of));
  }

  /**
   * Ends a run: one in the queue at once, one that is running when its worker has stopped it.
   *
   * @return the run as it is now, empty if there is none
   * @throws RunStateException if it has ended already
   */
  public Optional<Run> cancel(String id) {
    return database.write(
        connection ->
            change(
                connection,
                id,
                "cancel_requested = (state = 'running'),"
                    + " finished_at = CASE WHEN state = 'queued' THEN %s END,".formatted(now)
                    + " reason = 'cancelled by request',"
                    + " state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END",
                "state IN ('queued', 'running')",
                "cannot be cancelled: it has ended"));
  }

  /**
   * Puts a run that failed, was cancelled or interrupted into the queue again, to go on from its
   * last checkpoint.
   *
   * @return the run as it is now, empty if there is none
   * @throws RunStateException if it is not in one of these states
   * @throws QueueFullException if as many wait as may
   */
  public Optional<Run> resume(String id) {
    return database.write(
        connection -> {
          Optional<Run> run =
              change(
                  connection,
                  id,
                  "state = 'queued', failures = 0, not_before = 0, finished_at = NULL,"
                      + " cancel_requested = FALSE, reason = NULL",
                  "state IN ('failed', 'cancelled', 'interrupted')",
                  "cannot be resumed: only a run that failed, was cancelled or interrupted can");
          requireRoom(connection);
          return run;
        });
  }

  private Optional<Run> change(
      Connection connection, String id, String set, String where, String refusal)
      throws SQLException {
    Optional<Run> changed =
        Sql.of(
                "UPDATE runs SET %s WHERE id = ? AND %s RETURNING %s"
                    .formatted(set, where, Run.COLUMNS),
                id)
            .first(connection, Run::of);
    if (changed.isPresent()) {
      RunEnd.announce(connection, database.dialect(), changed.get());
      return changed;
    }
    Optional<Run> run =
        Sql.of("SELECT %s FROM runs WHERE id = ?".formatted(Run.COLUMNS), id)
            .first(connection, Run::of);
    if (run.isPresent()) {
      throw new RunStateException(
          "%s is %s and %s".formatted(id, run.get().state().word(), refusal));
    }
    return Optional.empty();
  }

  /**
   * Forgets a run that has ended.
   *
   * @param files sets its files aside; if it fails, the run stays
   * @return whether there was one
   * @throws RunStateException if it has not ended
   */
  public boolean delete(String id, Runnable files) {
    return database.write(
        connection -> {
          int deleted =
              Sql.of("DELETE FROM runs WHERE id = ? AND state NOT IN ('queued', 'running')", id)
                  .update(connection);
          if (deleted == 0
              && Sql.of("SELECT 1 FROM runs WHERE id = ?", id)
                  .first(connection, row -> true)
                  .isPresent()) {
            throw new RunStateException(
                "%s has not ended and cannot be deleted: cancel it first".formatted(id));
          }
          if (deleted > 0) {
            files.run();
          }
          return deleted > 0;
        });
  }

  /** Whether there is a run, once nobody is about to delete it. */
  public boolean isKept(String id) {
    // Unlike a query, a change waits for the end of a transaction that deletes the row.
    return database.write(
            connection -> Sql.of("UPDATE runs SET id = id WHERE id = ?", id).update(connection))
        > 0;
  }

  /**
   * Forgets what submissions were called long ago: from then on such a name stands for a new run.
   *
   * @return how many
   */
  public int forgetKeys() {
    return database.write(
        connection ->
            Sql.of(
                    "DELETE FROM idempotency_keys WHERE created_at < %s - ?".formatted(now),
                    KEYS_KEPT.toMillis())
                .update(connection));
  }
}
