package trainer.service.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.live.LiveRuns;
import trainer.service.registry.Checkpoints;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.RunStateException;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.runs.Submissions;

final class SweepRunnerTest {
  private static final Duration POLL = Duration.ofMillis(10);

  @TempDir private Path folder;
  private Database database;
  private Runs runs;
  private Sweeps sweeps;
  private RunQueue queue;
  private RunFiles files;
  private SweepRunner runner;

  @BeforeEach
  void start() {
    database = Database.open(TestDatabases.sqliteWithTables(folder));
    runs = new Runs(database);
    sweeps = new Sweeps(database, runs);
    queue = new RunQueue(database, "worker");
    files = new RunFiles(folder.resolve("runs"));
    Registry registry = new Registry(database, new RegistryFiles(files.root()));
    runner = new SweepRunner(sweeps, files, new LiveRuns(files), registry, POLL, () -> {});
  }

  @AfterEach
  void stop() {
    runner.close();
    database.close();
  }

  private Sweep submit(String name, int trials, int halving, String model) {
    SweepPlan plan = new SweepPlan(name, "x", List.of("a=1,2"), null, 1, halving, null, model);
    List<List<String>> settings = new ArrayList<>();
    List<Submission> submissions = new ArrayList<>();
    for (int i = 1; i <= trials; i++) {
      settings.add(List.of("a=" + i));
      submissions.add(Submissions.of(name + "-" + i, "x", 0, "anna", null));
    }
    return sweeps
        .submit(
            new Sweeps.Request(
                plan,
                halving > 1 ? 10 : null,
                settings,
                submissions,
                List.of(),
                "anna",
                null,
                name))
        .sweep();
  }

  /** Trains the next run of the queue. */
  private RunDirectory train(double loss) throws IOException {
    Lease lease = queue.take(Duration.ofMinutes(1), EnumSet.allOf(DeviceKind.class)).orElseThrow();
    RunDirectory run = files.newest(lease.run());
    Files.createDirectories(run.path());
    Checkpoints.write(run.best(), lease.run().id());
    Files.writeString(run.metrics(), metrics(loss));
    queue.end(lease, Outcome.succeeded());
    return run;
  }

  private static String metrics(double loss) {
    MetricsRow row = new MetricsRow(5, 0, 100, 1.0, loss, loss, 0.1, 1.0, 1.0);
    return MetricsRow.HEADER + "\n" + row.line() + "\n";
  }

  private Sweep await(Sweep sweep, Predicate<Sweep> condition) throws InterruptedException {
    Sweep now = sweeps.find(sweep.id()).orElseThrow();
    for (int i = 0; i < 1000 && !condition.test(now); i++) {
      Thread.sleep(10);
      now = sweeps.find(sweep.id()).orElseThrow();
    }
    return now;
  }

  /** A file is in the place of the folder of a model, as any failure of the disk. */
  @Test
  void aSweepWhoseModelCannotBeStoredDelaysNoOther() throws Exception {
    Sweep first = submit("first", 1, 1, "blocked");
    Sweep second = submit("second", 1, 1, null);
    train(2.0);
    train(2.0);
    Path place = files.root().resolve("registry/blocked");
    Files.createDirectories(place.getParent());
    Files.writeString(place, "");
    runner.start();

    assertThat(await(second, sweep -> sweep.state() != Sweep.State.RUNNING).state())
        .isEqualTo(Sweep.State.SUCCEEDED);
    assertThat(sweeps.find(first.id()).orElseThrow().state()).isEqualTo(Sweep.State.RUNNING);
    Files.delete(place);
    assertThat(await(first, sweep -> sweep.state() != Sweep.State.RUNNING).version()).isEqualTo(1);
  }

  /** A link to a folder is in the place of its metrics, as any failure of the disk. */
  @Test
  void aTrialWhoseFiguresCannotBeReadIsNotDroppedForIt() throws Exception {
    Sweep sweep = submit("halved", 2, 2, null);
    Path metrics = train(1.0).metrics();
    Path whole = metrics.resolveSibling("whole");
    Files.move(metrics, whole);
    Files.createSymbolicLink(metrics, files.root());
    train(2.0);
    runner.start();
    Thread.sleep(20 * POLL.toMillis());
    assertThat(sweeps.find(sweep.id()).orElseThrow().step()).isZero();

    Files.move(whole, metrics, StandardCopyOption.ATOMIC_MOVE); // never missing or half written
    assertThat(await(sweep, each -> each.step() > 0).step()).isEqualTo(1);
    assertThat(sweeps.trials(sweep))
        .extracting(Trial::state)
        .containsExactly(Trial.State.ACTIVE, Trial.State.DROPPED);
  }

  /** One of its runs was resumed. */
  @Test
  void aSweepIsDeletedWithAllItsRunsOrNotAtAll() throws Exception {
    Sweep sweep = submit("whole", 3, 1, null);
    RunDirectory trained = train(1.0);
    sweeps.cancel(sweep.id());
    runner.start();
    sweep = await(sweep, each -> each.state() == Sweep.State.CANCELLED);
    String last = sweeps.trials(sweep).get(2).run();
    runs.resume(last);
    Sweep ended = sweep;

    assertThatThrownBy(() -> sweeps.delete(ended, files::setAside))
        .isInstanceOf(RunStateException.class)
        .hasMessage(last + " has not ended and cannot be deleted: cancel it first");
    assertThat(sweeps.find(sweep.id())).isPresent();
    assertThat(sweeps.runs(sweep)).hasSize(3);
    assertThat(trained.path()).exists();
    runs.cancel(last);
    sweeps.delete(sweep, files::setAside);
    assertThat(sweeps.find(sweep.id())).isEmpty();
    assertThat(runs.list(null, null, 10)).isEmpty();
    assertThat(trained.path()).doesNotExist();
  }

  @Test
  void aTrialWithoutFiguresIsTheLastOfThoseThatWereDropped() {
    Trial none =
        new Trial(1, "r1", List.of("a=1"), Trial.State.DROPPED, null, null, null, null, null);
    Trial some = new Trial(2, "r2", List.of("a=2"), Trial.State.DROPPED, 2.0, 2.0, 5, 5, null);
    assertThat(Trial.best(List.of(none, some))).contains(some);
  }
}
