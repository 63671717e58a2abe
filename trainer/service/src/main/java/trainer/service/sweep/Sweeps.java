package trainer.service.sweep;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.runs.IdempotencyException;
import trainer.service.runs.Labels;
import trainer.service.runs.Run;
import trainer.service.runs.RunStateException;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.runs.TrialRuns;
import trainer.service.sweep.Sweep.State;
import trainer.service.webhook.Event;
import trainer.service.webhook.Outbox;
import trainer.trial.Setting;

/** The sweeps, as used by clients: submit, find, list, cancel, delete; and their steps. */
public final class Sweeps {
  /** Maximum number of trials. */
  public static final int MOST_TRIALS = 200;

  static final String CANCELLED = "cancelled by request";

  private final Database database;
  private final TrialRuns runs;
  private final String now;

  public Sweeps(Database database, Runs runs) {
    this.database = database;
    this.runs = new TrialRuns(database, runs);
    this.now = database.dialect().now();
  }

  /**
   * A request for a sweep.
   *
   * @param iterations of a whole run, where there is halving; else null
   * @param settings of each trial
   * @param submissions a run for each
   * @param tags of the runs, besides the id of the sweep
   * @param key makes the request safe to retry; or null
   * @param digest of the request, which a repeated one is compared with
   */
  public record Request(
      SweepPlan plan,
      Integer iterations,
      List<List<String>> settings,
      List<Submission> submissions,
      List<String> tags,
      String principal,
      String key,
      String digest) {}

  /**
   * A submitted sweep.
   *
   * @param created false if an earlier request with the same key created it
   */
  public record Submitted(Sweep sweep, boolean created) {}

  private record Earlier(Sweep sweep, String digest) {}

  /**
   * The sweep that an earlier request created.
   *
   * @throws IdempotencyException if the key was used for another request
   */
  public Optional<Sweep> submitted(String principal, String key, String digest) {
    return database.read(connection -> submitted(connection, principal, key, digest));
  }

  private static Optional<Sweep> submitted(
      Connection connection, String principal, String key, String digest) throws SQLException {
    Optional<Earlier> earlier =
        Sql.of("SELECT * FROM sweeps WHERE submitted_by = ? AND request_key = ?", principal, key)
            .first(connection, row -> new Earlier(Sweep.of(row), row.getString("request_digest")));
    if (earlier.isPresent() && !earlier.get().digest().equals(digest)) {
      throw new IdempotencyException(key);
    }
    return earlier.map(Earlier::sweep);
  }

  /**
   * Queues the runs of all trials, or returns the sweep created earlier with the same key. Durable
   * when it returns.
   *
   * @throws IdempotencyException if the key was used for another request
   * @throws trainer.service.runs.QueueFullException if the queue has no room for all
   */
  public Submitted submit(Request request) {
    return database.write(connection -> submit(connection, request));
  }

  private Submitted submit(Connection connection, Request request) throws SQLException {
    SweepPlan plan = request.plan();
    Optional<Sweep> inserted =
        Sql.of(
                ("INSERT INTO sweeps (id, name, state, configuration, variations, drawn, seed,"
                        + " halving, iterations, max_minutes, model, step, submitted_by,"
                        + " submitted_at, request_key, request_digest) VALUES (?, ?, 'running', ?,"
                        + " ?, ?, ?, ?, ?, ?, ?, 0, ?, %s, ?, ?) ON CONFLICT DO NOTHING RETURNING *")
                    .formatted(now),
                "sweep_" + Runs.randomLetters(),
                plan.name(),
                plan.configuration(),
                String.join("\n", plan.variations()),
                plan.drawn(),
                plan.seed(),
                plan.halving(),
                request.iterations(),
                plan.maxMinutes(),
                plan.model(),
                request.principal(),
                request.key(),
                request.digest())
            .first(connection, Sweep::of);
    if (inserted.isEmpty()) {
      return new Submitted(
          submitted(connection, request.principal(), request.key(), request.digest()).orElseThrow(),
          false);
    }
    Sweep sweep = inserted.get();
    List<String> tags = new ArrayList<>(List.of(sweep.id()));
    tags.addAll(request.tags());
    Integer until = until(sweep, request.settings().size());
    for (int i = 0; i < request.settings().size(); i++) {
      List<String> settings = request.settings().get(i);
      Run run =
          runs.submit(
              connection,
              request.submissions().get(i),
              new Labels(tags, Setting.shortly(settings), false),
              until);
      Sql.of(
              "INSERT INTO trials (sweep, trial, run, settings, state) VALUES (?, ?, ?, ?, 'active')",
              sweep.number(),
              i + 1,
              run.id(),
              String.join("\n", settings))
          .update(connection);
    }
    return new Submitted(sweep, true);
  }

  /** Iterations of the trials' runs in the step of a sweep; null: as they are configured. */
  private static Integer until(Sweep sweep, int trials) {
    int iterations = List.copyOf(sweep.steps(trials).keySet()).get(sweep.step());
    return iterations == Integer.MAX_VALUE ? null : Integer.valueOf(iterations);
  }

  public Optional<Sweep> find(String id) {
    return database.read(
        connection -> Sql.of("SELECT * FROM sweeps WHERE id = ?", id).first(connection, Sweep::of));
  }

  /**
   * Sweeps, newest first.
   *
   * @param before only sweeps older than this number, or null
   */
  public List<Sweep> list(Long before, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT * FROM sweeps WHERE number < ? ORDER BY number DESC LIMIT ?",
                    before == null ? Long.MAX_VALUE : before,
                    limit)
                .list(connection, Sweep::of));
  }

  List<Sweep> running() {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM sweeps WHERE state = 'running' ORDER BY number")
                .list(connection, Sweep::of));
  }

  /** The trials of a sweep, by number. */
  public List<Trial> trials(Sweep sweep) {
    return database.read(connection -> trials(connection, sweep));
  }

  private static List<Trial> trials(Connection connection, Sweep sweep) throws SQLException {
    return Sql.of("SELECT * FROM trials WHERE sweep = ? ORDER BY trial", sweep.number())
        .list(connection, Trial::of);
  }

  /** The runs of a sweep that are there, by id. */
  public Map<String, Run> runs(Sweep sweep) {
    Map<String, Run> found = new HashMap<>();
    runs.ofSweep(sweep.number()).forEach(run -> found.put(run.id(), run));
    return found;
  }

  /**
   * Cancels a sweep: queued trials at once; running ones save a checkpoint first.
   *
   * @return the updated sweep, empty if unknown
   * @throws RunStateException if it has ended
   */
  public Optional<Sweep> cancel(String id) {
    Optional<Sweep> sweep = find(id);
    if (sweep.isPresent() && !stop(sweep.get(), CANCELLED)) {
      Sweep now = find(id).orElse(sweep.get());
      if (now.state() != State.RUNNING) {
        throw new RunStateException(
            "%s is %s and cannot be cancelled: it has ended".formatted(id, now.state().word()));
      }
    }
    return sweep.flatMap(each -> find(id));
  }

  /** Cancels the runs of a sweep; it ends when they have. False if it was ending already. */
  boolean stop(Sweep sweep, String why) {
    return database.write(
        connection -> {
          int stopped =
              Sql.of(
                      "UPDATE sweeps SET stopping = ? WHERE number = ? AND state = 'running'"
                          + " AND stopping IS NULL",
                      why,
                      sweep.number())
                  .update(connection);
          if (stopped > 0) {
            List<String> active =
                Sql.of(
                        "SELECT run FROM trials WHERE sweep = ? AND state = 'active'",
                        sweep.number())
                    .list(connection, row -> row.getString(1));
            runs.cancel(connection, active);
          }
          return stopped > 0;
        });
  }

  /**
   * Begins the next step of a sweep, unless another process has, or it was stopped.
   *
   * @param trials those that were active
   */
  public boolean advance(Sweep sweep, List<Trial> trials, int all) {
    return database.write(
        connection -> {
          Optional<Sweep> next =
              Sql.of(
                      "UPDATE sweeps SET step = step + 1 WHERE number = ? AND step = ?"
                          + " AND state = 'running' AND stopping IS NULL RETURNING *",
                      sweep.number(),
                      sweep.step())
                  .first(connection, Sweep::of);
          if (next.isPresent()) {
            Integer until = until(next.get(), all);
            for (Trial trial : trials) {
              store(connection, sweep, trial);
              if (trial.state() == Trial.State.ACTIVE) {
                runs.trainFurther(connection, trial.run(), until);
              }
            }
          }
          return next.isPresent();
        });
  }

  /**
   * Ends a sweep, unless another process has.
   *
   * @param trials those that were active
   * @param version of the model that its best trial is, or null
   */
  public boolean end(Sweep sweep, List<Trial> trials, State state, String reason, Integer version) {
    return database.write(
        connection -> {
          Optional<Sweep> ended =
              Sql.of(
                      ("UPDATE sweeps SET state = ?, reason = ?, version = ?, ended_at = %s"
                              + " WHERE number = ? AND step = ? AND state = 'running' RETURNING *")
                          .formatted(now),
                      state.word(),
                      Sql.storable(reason),
                      version,
                      sweep.number(),
                      sweep.step())
                  .first(connection, Sweep::of);
          if (ended.isPresent()) {
            for (Trial trial : trials) {
              store(connection, sweep, trial);
            }
            runs.trainToTheEnd(connection, sweep.number());
            announce(connection, ended.get());
          }
          return ended.isPresent();
        });
  }

  /** Queues the webhook event for the end of a sweep. */
  private void announce(Connection connection, Sweep sweep) throws SQLException {
    List<Trial> trials = trials(connection, sweep);
    Optional<Trial> best = Trial.best(trials);
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("id", sweep.id());
    data.put("name", sweep.plan().name());
    data.put("state", sweep.state().word());
    data.put("reason", sweep.reason());
    data.put("submitted_by", sweep.submittedBy());
    data.put("trials", trials.size());
    data.put("best_run", best.map(Trial::run).orElse(null));
    data.put("best_settings", best.map(trial -> String.join(" ", trial.settings())).orElse(null));
    data.put("best_validation_loss", best.map(Trial::loss).orElse(null));
    data.put("model", sweep.version() == null ? null : sweep.plan().model());
    data.put("version", sweep.version());
    Event event =
        switch (sweep.state()) {
          case SUCCEEDED -> Event.SWEEP_SUCCEEDED;
          case FAILED -> Event.SWEEP_FAILED;
          case CANCELLED -> Event.SWEEP_CANCELLED;
          case RUNNING -> throw new IllegalArgumentException(sweep.id() + " has not ended");
        };
    Outbox.put(connection, database.dialect(), event, data);
  }

  private static void store(Connection connection, Sweep sweep, Trial trial) throws SQLException {
    Sql.of(
            "UPDATE trials SET state = ?, first_loss = ?, loss = ?, best_iteration = ?,"
                + " iterations = ?, reason = ? WHERE sweep = ? AND trial = ?",
            trial.state().word(),
            trial.firstLoss(),
            trial.loss(),
            trial.bestIteration(),
            trial.iterations(),
            Sql.storable(trial.reason()),
            sweep.number(),
            trial.number())
        .update(connection);
  }

  /**
   * Deletes an ended sweep and its runs, all or nothing.
   *
   * @param files sets the files of a run aside; if that fails, all stays
   * @throws RunStateException if it has not ended, or one of its runs, which may be resumed
   */
  public void delete(Sweep sweep, Consumer<Run> files) {
    database.write(
        connection -> {
          List<Run> trained = runs.ofSweep(connection, sweep.number());
          int deleted =
              Sql.of("DELETE FROM sweeps WHERE number = ? AND state <> 'running'", sweep.number())
                  .update(connection);
          if (deleted == 0
              && Sql.of("SELECT 1 FROM sweeps WHERE number = ?", sweep.number())
                  .first(connection, row -> true)
                  .isPresent()) {
            throw new RunStateException(
                "%s has not ended and cannot be deleted: cancel it first".formatted(sweep.id()));
          }
          runs.delete(connection, trained);
          trained.forEach(files); // last: moved files are seen before the transaction ends
          return null;
        });
  }
}
