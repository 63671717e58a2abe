package trainer.service.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.database.TestDatabases;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmissionRules;
import trainer.service.program.Program;
import trainer.service.registry.Alias;
import trainer.service.registry.Champions;
import trainer.service.registry.Deletions;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.text.TextException;

/**
 * The scheduler and the queue of a service on SQLite, without threads, processes and pauses: a test
 * makes each step, and {@link UnigramModels} are trained.
 */
final class SimulatedService implements AutoCloseable {
  private static final Duration LEASE = Duration.ofMinutes(5);

  final Database database;
  final Schedules schedules;
  final Triggers triggers;
  final Runs runs;
  final RunFiles files;
  final Registry registry;
  final Champions champions;
  final Deletions deletions;
  private final Path datasets;
  private final Evaluation evaluation;
  private Scheduler scheduler;
  private RunQueue queue;
  private int starts;

  SimulatedService(Path folder, Evaluation evaluation) throws IOException {
    this.evaluation = evaluation;
    database = Database.open(TestDatabases.sqliteWithTables(folder));
    schedules = new Schedules(database);
    triggers = new Triggers(database);
    runs = new Runs(database);
    files = new RunFiles(folder.resolve("runs"));
    files.create();
    RegistryFiles registryFiles = new RegistryFiles(files.root());
    registry = new Registry(database, registryFiles);
    champions = new Champions(database, registryFiles);
    deletions = new Deletions(database, registryFiles);
    datasets = Files.createDirectories(folder.resolve("datasets"));
    start();
  }

  /** Starts after a kill, a lease later. */
  void start() {
    starts++;
    change("UPDATE firings SET lease_until = 0 WHERE worker IS NOT NULL");
    change("UPDATE runs SET lease_until = 0 WHERE state = 'running'");
    queue = new RunQueue(database, "worker " + starts);
    queue.giveBackExpired(100);
    scheduler =
        new Scheduler(
            new Scheduler.Stores(
                database,
                schedules,
                triggers,
                runs,
                files,
                registry,
                champions,
                deletions,
                new SubmissionRules(new DatasetRoots(List.of(datasets)), false, 1)),
            new Scheduler.Settings(
                "service " + starts,
                new Program(List.of("none")),
                LEASE,
                Duration.ofSeconds(1),
                failures -> Duration.ZERO,
                () -> {}),
            evaluation);
  }

  void change(String statement) {
    database.write(connection -> Sql.of(statement).update(connection));
  }

  /** A file of the dataset folder. */
  Path text(String name) {
    return datasets.resolve(name);
  }

  void write(String name, String text) {
    try {
      Files.write(text(name), text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes the next step of a trigger run, if there is one. */
  boolean work() {
    return scheduler.work();
  }

  /** The next run to train. */
  Optional<Lease> take() {
    return queue.take(LEASE, EnumSet.allOf(DeviceKind.class));
  }

  /**
   * Trains a run.
   *
   * @param noise makes the model worse
   * @param trained called before its success is reported
   */
  void train(Lease lease, int noise, Runnable trained) {
    try {
      files.prepare(lease, before -> Files.exists(before.corpus()), () -> {});
      RunDirectory run = files.newest(lease.run());
      String initial = lease.run().initFrom();
      try {
        UnigramModels.train(
            run,
            lease.configuration(),
            initial == null ? null : new RegistryFiles(files.root()).directory(initial).path(),
            noise);
      } catch (TextException e) {
        queue.end(lease, Outcome.failed(e.getMessage()));
        return;
      }
      Files.writeString(run.checkpoint(1), "one");
      trained.run();
      queue.end(lease, Outcome.succeeded());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Triggers a schedule and makes all steps; returns the outcome. */
  TriggerRun trigger(String schedule, boolean forced) {
    triggers.request(schedule, "ben", null, forced);
    return finish(schedule);
  }

  /** Makes all steps that are left; returns the newest trigger run. */
  TriggerRun finish(String schedule) {
    for (int step = 0; step < 100 && newest(schedule).endedAt() == null; step++) {
      work();
      take().ifPresent(lease -> train(lease, 0, () -> {}));
    }
    return newest(schedule);
  }

  TriggerRun newest(String schedule) {
    return schedules.history(schedules.find(schedule).orElseThrow(), null, 1).get(0);
  }

  /** Makes the steps in the scheduler's own threads until it is closed. */
  Scheduler startThreads() {
    scheduler.start();
    return scheduler;
  }

  /** The version that is the champion; 0 if none is. */
  int champion(String model) {
    return registry.find(model, Alias.CHAMPION).map(ModelVersion::version).orElse(0);
  }

  @Override
  public void close() {
    database.close();
  }
}
