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
import java.util.function.UnaryOperator;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.registry.Registry;

/** The runs, as used by clients: submit, find, list, cancel, resume, delete. */
public final class Runs {
  private static final String LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"; // without i, l, o, u
  private static final int ID_LETTERS = 8;
  private static final Duration KEYS_KEPT = Duration.ofDays(30);
  private static final String CANCELLABLE = "state IN ('queued', 'running')";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final int mostQueued;
  private final String now;

  /** With a queue of any length. */
  public Runs(Database database) {
    this(database, Integer.MAX_VALUE);
  }

  /**
   * @param mostQueued maximum length of the queue, at least 1; runs that return to it always may
   */
  public Runs(Database database, int mostQueued) {
    this.database = database;
    this.mostQueued = mostQueued;
    this.now = database.dialect().now();
  }

  /**
   * A submitted run.
   *
   * @param created false if an earlier request with the same key created it
   */
  public record Submitted(Run run, boolean created) {}

  private record Key(String digest, Long run) {}

  /**
   * Queues a run, or returns the one created earlier with the same idempotency key. Durable when it
   * returns.
   *
   * @throws IdempotencyException if the key was used for another submission
   * @throws QueueFullException if the queue is full
   * @throws trainer.service.registry.RegistryException if the version that it starts from was
   *     deleted
   */
  public Submitted submit(Submission submission) {
    return submit(submission, submission.digest());
  }

  /**
   * The same for a request whose names were resolved.
   *
   * @param request digest of what came, which a repeated request is compared with
   */
  public Submitted submit(Submission submission, String request) {
    return database.write(connection -> submit(connection, submission, request, newId(submission)));
  }

  /**
   * Submits a run that continues another.
   *
   * @param request as above
   * @param from {@code ID@ITERATION}
   * @param id of the new run, whose files are in place: {@link #newId}
   */
  public Submitted fork(Submission submission, String request, String from, String id) {
    return database.write(
        connection -> {
          Submitted submitted = submit(connection, submission, request, id);
          if (!submitted.created()) {
            return submitted;
          }
          Run run =
              Sql.of(
                      "UPDATE runs SET forked_from = ? WHERE number = ? RETURNING " + Run.COLUMNS,
                      from,
                      submitted.run().number())
                  .first(connection, Run::of)
                  .orElseThrow();
          return new Submitted(run, true);
        });
  }

  /**
   * The run that an earlier request created.
   *
   * @param request digest of it
   * @throws IdempotencyException if the key was used for another request
   */
  public Optional<Run> submitted(String principal, String key, String request) {
    return database.read(connection -> submitted(connection, principal, key, request));
  }

  private static Optional<Run> submitted(
      Connection connection, String principal, String key, String request) throws SQLException {
    Optional<Key> used =
        Sql.of(
                "SELECT digest, run FROM idempotency_keys WHERE principal = ? AND key = ?",
                principal,
                key)
            .first(connection, row -> new Key(row.getString("digest"), row.getLong("run")));
    if (used.isEmpty()) {
      return Optional.empty();
    }
    boolean old = used.get().digest().isEmpty(); // of version 1.0, which recorded something else
    if (!old && !used.get().digest().equals(request)) {
      throw new IdempotencyException(key);
    }
    return byNumber(connection, used.get().run());
  }

  /** The same within a transaction. */
  public Submitted submit(Connection connection, Submission submission) throws SQLException {
    return submit(connection, submission, submission.digest(), newId(submission));
  }

  private Submitted submit(Connection connection, Submission submission, String request, String id)
      throws SQLException {
    String key = submission.idempotencyKey();
    if (key == null) {
      return new Submitted(insert(connection, submission, id), true);
    }
    // Of two concurrent requests, the second waits here.
    int first =
        Sql.of(
                "INSERT INTO idempotency_keys (principal, key, digest, created_at) VALUES (?, ?, ?, %s)"
                        .formatted(now)
                    + " ON CONFLICT DO NOTHING",
                submission.principal(),
                key,
                request)
            .update(connection);
    if (first == 0) {
      return new Submitted(
          submitted(connection, submission.principal(), key, request).orElseThrow(), false);
    }
    Run run = insert(connection, submission, id);
    Sql.of(
            "UPDATE idempotency_keys SET run = ? WHERE principal = ? AND key = ?",
            run.number(),
            submission.principal(),
            key)
        .update(connection);
    return new Submitted(run, true);
  }

  /**
   * Enforces {@code queued_runs}. Queued rows are adjacent in the index, so the OFFSET is cheap.
   */
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

  Run insert(Connection connection, Submission submission) throws SQLException {
    return insert(connection, submission, newId(submission));
  }

  private Run insert(Connection connection, Submission submission, String id) throws SQLException {
    if (submission.initFrom() != null) {
      Registry.hold(connection, submission.initFrom());
    }
    Run run =
        Sql.of(
                ("INSERT INTO runs (id, name, state, priority, configuration, submitted_by,"
                            + " submitted_at, not_before, attempt, failures, cancel_requested, init_from,"
                            + " device, gpus, reason) VALUES (?, ?, 'queued', ?, ?, ?, %s, 0, 0, 0, FALSE,"
                            + " ?, ?, ?, ?) RETURNING ")
                        .formatted(now)
                    + Run.COLUMNS,
                id,
                submission.name(),
                submission.priority(),
                submission.configuration(),
                submission.principal(),
                submission.initFrom(),
                submission.device().word(),
                submission.gpus(),
                submission.reason())
            .first(connection, Run::of)
            .orElseThrow();
    requireRoom(connection);
    return run;
  }

  /** A name for the run of a submission that no other run has. */
  public static String newId(Submission submission) {
    return submission.name() + "-" + randomLetters();
  }

  /** Eight letters and digits, as at the end of an id. */
  public static String randomLetters() {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < ID_LETTERS; i++) {
      letters.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
    }
    return letters.toString();
  }

  private static Optional<Run> byNumber(Connection connection, long number) throws SQLException {
    return Sql.of("SELECT %s FROM runs WHERE number = ?".formatted(Run.COLUMNS), number)
        .first(connection, Run::of);
  }

  public Optional<Run> find(String id) {
    return database.read(
        connection ->
            Sql.of("SELECT %s FROM runs WHERE id = ?".formatted(Run.COLUMNS), id)
                .first(connection, Run::of));
  }

  /** The configuration as YAML. */
  public Optional<String> configuration(String id) {
    return database.read(
        connection ->
            Sql.of("SELECT configuration FROM runs WHERE id = ?", id)
                .first(connection, row -> row.getString("configuration")));
  }

  /**
   * Runs, newest first.
   *
   * @param state filter, or null
   * @param archived filter, or null
   * @param before only runs older than this number, or null
   */
  public List<Run> list(RunState state, Boolean archived, Long before, int limit) {
    List<Object> parameters = new ArrayList<>();
    StringBuilder where = new StringBuilder(" WHERE 1 = 1");
    if (state != null) {
      where.append(" AND state = ?");
      parameters.add(state.word());
    }
    if (archived != null) {
      where.append(" AND archived = ?");
      parameters.add(archived);
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

  /** Runs of a state, newest first, archived ones too. */
  public List<Run> list(RunState state, Long before, int limit) {
    return list(state, null, before, limit);
  }

  /** The place of a queued run in the queue, from 1; 0 for others. */
  public int queuePlace(Run run) {
    return run.state() != RunState.QUEUED
        ? 0
        : database
            .read(
                connection ->
                    Sql.of(
                            "SELECT COUNT(*) AS place FROM runs WHERE state = 'queued'"
                                + " AND (priority > ? OR (priority = ? AND number <= ?))",
                            run.priority(),
                            run.priority(),
                            run.number())
                        .first(connection, row -> row.getInt("place")))
            .orElseThrow();
  }

  /**
   * Changes the labels of a run. Of concurrent changes, each sees the one before.
   *
   * @param change from the present labels
   * @return the updated run, empty if unknown
   */
  public Optional<Run> label(String id, UnaryOperator<Labels> change) {
    return database.write(
        connection -> {
          // Unlike a query, an update waits for a concurrent one.
          Optional<Run> before =
              Sql.of("UPDATE runs SET id = id WHERE id = ? RETURNING " + Run.COLUMNS, id)
                  .first(connection, Run::of);
          return before.isEmpty()
              ? Optional.empty()
              : label(connection, id, change.apply(before.get().labels()));
        });
  }

  private static Optional<Run> label(Connection connection, String id, Labels labels)
      throws SQLException {
    return Sql.of(
            "UPDATE runs SET tags = ?, note = ?, archived = ? WHERE id = ? RETURNING "
                + Run.COLUMNS,
            String.join(" ", labels.tags()),
            labels.note(),
            labels.archived(),
            id)
        .first(connection, Run::of);
  }

  /** Number of runs by state. */
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

  /** The attempts of a run, oldest first. */
  public List<Attempt> attempts(Run run) {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM attempts WHERE run = ? ORDER BY attempt", run.number())
                .list(connection, Attempt::of));
  }

  /**
   * Cancels a run: at once if queued; if running, when its worker has stopped it.
   *
   * @return the updated run, empty if unknown
   * @throws RunStateException if it has ended
   */
  public Optional<Run> cancel(String id) {
    return database.write(
        connection ->
            change(connection, id, cancelled(), CANCELLABLE, "cannot be cancelled: it has ended"));
  }

  /** Cancels a run within a transaction, if it has not ended. */
  void cancel(Connection connection, String id) throws SQLException {
    change(connection, id, cancelled(), CANCELLABLE);
  }

  private String cancelled() {
    return "cancel_requested = (state = 'running'),"
        + " finished_at = CASE WHEN state = 'queued' THEN %s END,".formatted(now)
        + " reason = 'cancelled by request',"
        + " state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END";
  }

  /**
   * Requeues a failed, cancelled or interrupted run, to resume from its last checkpoint.
   *
   * @return the updated run, empty if unknown
   * @throws RunStateException if it is in another state
   * @throws QueueFullException if the queue is full
   */
  public Optional<Run> resume(String id) {
    return database.write(
        connection -> {
          Optional<Run> run =
              change(
                  connection,
                  id,
                  "state = 'queued', failures = 0, fails_again = FALSE, not_before = 0, finished_at = NULL,"
                      + " cancel_requested = FALSE, reason = NULL",
                  "state IN ('failed', 'cancelled', 'interrupted')",
                  "cannot be resumed: only a run that failed, was cancelled or interrupted can");
          requireRoom(connection);
          return run;
        });
  }

  private Optional<Run> change(Connection connection, String id, String set, String where)
      throws SQLException {
    Optional<Run> changed =
        Sql.of(
                "UPDATE runs SET %s WHERE id = ? AND %s RETURNING %s"
                    .formatted(set, where, Run.COLUMNS),
                id)
            .first(connection, Run::of);
    if (changed.isPresent()) {
      RunEnd.announce(connection, database.dialect(), changed.get());
    }
    return changed;
  }

  private Optional<Run> change(
      Connection connection, String id, String set, String where, String refusal)
      throws SQLException {
    Optional<Run> changed = change(connection, id, set, where);
    if (changed.isPresent()) {
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
   * Deletes the rows of an ended run.
   *
   * @param files sets its files aside; if that fails, the run stays
   * @return whether it existed
   * @throws RunStateException if it has not ended
   */
  public boolean delete(String id, Runnable files) {
    return database.write(
        connection -> {
          boolean deleted = delete(connection, id);
          if (deleted) {
            files.run();
          }
          return deleted;
        });
  }

  /** The same within a transaction, without its files. */
  boolean delete(Connection connection, String id) throws SQLException {
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
    return deleted > 0;
  }

  /** Whether a run exists, after concurrent deletions. */
  public boolean isKept(String id) {
    // Unlike a query, an update waits for a transaction that deletes the row.
    return database.write(
            connection -> Sql.of("UPDATE runs SET id = id WHERE id = ?", id).update(connection))
        > 0;
  }

  /**
   * Deletes idempotency keys after 30 days; reusing one then creates a new run.
   *
   * @return number of keys
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
