package trainer.service.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.registry.Checkpoints;
import trainer.service.runs.Attempt;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.runs.Submissions;

/** Runs in real processes of a program that stands in for the trainer. */
@Tag("slow")
final class WorkerTest {
  @TempDir private Path folder;
  private Database database;
  private Runs runs;
  private RunFiles files;
  private Worker worker;

  @BeforeEach
  void open() {
    database = Database.open(TestDatabases.sqliteWithTables(folder));
    runs = new Runs(database);
    files = new RunFiles(folder.resolve("runs"));
    worker = worker("worker", 2);
  }

  private Worker worker(String name, int slots) {
    return new Worker(
        new RunQueue(database, name),
        files,
        StandInWorker.program(),
        StandInWorker.settings(slots));
  }

  @AfterEach
  void close() {
    worker.close();
    database.close();
  }

  private Run submit(String configuration) {
    return runs.submit(Submissions.of("small", configuration, 0, "anna", null)).run();
  }

  private Run find(Run run) {
    return runs.find(run.id()).orElseThrow();
  }

  private Run awaitState(Run run, RunState state) {
    await(state.word(), () -> find(run).state() == state);
    return find(run);
  }

  private static void await(String what, BooleanSupplier happened) {
    long start = System.nanoTime();
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() - start > Duration.ofMinutes(2).toNanos()) {
        throw new AssertionError("no " + what);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private List<String> steps(Run run) {
    try {
      return Files.readAllLines(files.newest(run).metrics()).stream()
          .skip(1)
          .map(line -> line.split(",", -1)[0])
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<String> numbers(int last) {
    return IntStream.rangeClosed(1, last).mapToObj(Integer::toString).toList();
  }

  @Test
  void aRunIsTrainedInAProcessOfItsOwn() throws IOException {
    Run run = submit("steps: 3\n");
    worker.start();
    Run ended = awaitState(run, RunState.SUCCEEDED);

    assertThat(ended.attempt()).isEqualTo(1);
    assertThat(Checkpoints.read(files.newest(ended).model())).isEqualTo("step 3");
    assertThat(files.configuration(ended)).hasContent("steps: 3\n");
    assertThat(files.log(ended)).hasContent("step 1\nstep 2\nstep 3\n");
    await("free slot", () -> worker.running() == 0);
    assertThat(worker.isHealthy()).isTrue();
  }

  @Test
  void afterACrashTheRunGoesOnFromItsCheckpoint() {
    Run run = submit("steps: 6\ncrash: 4\n");
    worker.start();
    Run ended = awaitState(run, RunState.SUCCEEDED);

    assertThat(ended.attempt()).isEqualTo(2);
    assertThat(steps(ended)).as("no step is lost or repeated").isEqualTo(numbers(6));
    assertThat(runs.attempts(ended))
        .extracting(Attempt::outcome)
        .containsExactly("queued", "succeeded");
    assertThat(runs.attempts(ended).get(0).reason())
        .isEqualTo("its process was killed by signal 6");
    await("the first attempt deleted", () -> !Files.exists(files.directory(ended).resolve("1")));
    assertThat(files.directory(ended).resolve("1.log")).exists();
  }

  @Test
  void whatFailsIsTriedOnceMore() {
    Run run = submit("exit: 1\n");
    worker.start();
    Run ended = awaitState(run, RunState.FAILED);

    assertThat(runs.attempts(ended))
        .extracting(Attempt::outcome, Attempt::reason)
        .containsExactlyInAnyOrder(
            tuple("queued", "it was configured to"),
            tuple("failed", "it was configured to, 2 times in all"));
    assertThat(ended.failsAgain()).as("the machine may have failed").isFalse();
  }

  @Test
  void whyAProcessCannotBeStartedIsSaidInWords() throws IOException {
    Run run = submit("steps: 3\n");
    Path directory = files.directory(run);
    Files.createDirectories(directory.getParent());
    Files.writeString(directory, "");
    worker.start();
    await("a reason", () -> find(run).reason() != null);
    assertThat(find(run).reason())
        .startsWith("its process cannot be started: " + directory + ": a file of that name exists");
  }

  @Test
  void whatTheProgramRefusesIsNotTriedAgain() {
    Run run = submit("exit: 2\n");
    worker.start();
    Run ended = awaitState(run, RunState.FAILED);

    assertThat(ended.attempt()).isEqualTo(1);
    assertThat(ended.reason()).isEqualTo("it was configured to");
    assertThat(ended.failsAgain()).isTrue();
  }

  @Test
  void aRunIsCancelledAndResumed() {
    Run run = submit("steps: 200\n");
    worker.start();
    await("steps", () -> steps(find(run)).size() > 2);
    runs.cancel(run.id());
    Run cancelled = awaitState(run, RunState.CANCELLED);
    int done = steps(cancelled).size();
    assertThat(done).isLessThan(200);

    runs.resume(run.id());
    worker.wake();
    Run ended = awaitState(run, RunState.SUCCEEDED);
    assertThat(ended.attempt()).isEqualTo(2);
    assertThat(steps(ended).size()).isBetween(200, 201); // the last step may have had no checkpoint
    assertThat(files.newest(ended).model()).exists();
  }

  /** A training process ignores signals, but not yet during start-up. */
  @Test
  void aRunWhoseProcessIsStoppedAsItBeginsGoesBackToTheQueue() {
    Run run = submit("steps: 100\n");
    worker.start();
    await("steps", () -> steps(find(run)).size() > 2);
    process(run).destroy();
    Run ended = awaitState(run, RunState.SUCCEEDED);
    assertThat(ended.attempt()).isEqualTo(2);
    assertThat(ended.failures()).isZero();
    assertThat(runs.attempts(ended).get(0).reason())
        .isEqualTo("its process was stopped by a signal during start-up");
  }

  private static ProcessHandle process(Run run) {
    return ProcessHandle.current()
        .descendants()
        .filter(process -> commandLine(process).contains(run.id()))
        .findAny()
        .orElseThrow();
  }

  @Test
  void aProcessThatIsSuspendedIsKilledWhenItsRunIsCancelled() throws IOException {
    Run run = submit("steps: 1000\n");
    Worker impatient =
        new Worker(
            new RunQueue(database, "impatient"),
            files,
            StandInWorker.program(),
            StandInWorker.settings(Slot.cpus(1), StandInWorker.LONG_LEASE, Duration.ofMillis(500)));
    impatient.start();
    try {
      await("steps", () -> steps(find(run)).size() > 2);
      ProcessHandle process = process(run);
      new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start();
      await("suspended", () -> isSuspended(process));
      runs.cancel(run.id());
      assertThat(awaitState(run, RunState.CANCELLED).reason()).isEqualTo("cancelled by request");
      assertThat(process.isAlive()).isFalse();
    } finally {
      impatient.close();
    }
  }

  private static boolean isSuspended(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/%d/stat".formatted(process.pid()))).contains(") T ");
    } catch (IOException e) {
      return false;
    }
  }

  // Java does not tell a command line as long as that of a test.
  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/%d/cmdline".formatted(process.pid())));
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void aWorkerThatEndsGivesItsRunsBack() {
    Run run = submit("steps: 200\n");
    Run waiting = submit("steps: 1\n");
    Worker first = worker("first", 1);
    first.start();
    await("steps", () -> steps(find(run)).size() > 2);
    first.close();

    assertThat(find(run).state()).isEqualTo(RunState.QUEUED);
    assertThat(find(run).failures()).isZero();
    assertThat(find(waiting).attempt()).isZero();
    int done = steps(find(run)).size();
    worker.start();
    Run ended = awaitState(run, RunState.SUCCEEDED);
    assertThat(ended.attempt()).isEqualTo(2);
    assertThat(steps(ended).size()).as("after %d", done).isBetween(200, 201);
    awaitState(waiting, RunState.SUCCEEDED);
  }

  @Test
  void aRunHasAGpuOfItsOwn() throws IOException {
    Worker onGpus =
        new Worker(
            new RunQueue(database, "gpus"),
            files,
            StandInWorker.program(),
            StandInWorker.settings(Slot.of(1, null, 2, null)));
    List<Run> submitted = new ArrayList<>();
    for (DeviceKind device : List.of(DeviceKind.GPU, DeviceKind.GPU, DeviceKind.CPU)) {
      submitted.add(
          runs.submit(new Submission("small", "steps: 300\n", 0, "anna", null, null, device, 1))
              .run());
    }
    assertThat(find(submitted.get(0)).reason()).isEqualTo("waits for a GPU");
    onGpus.start();
    try {
      await("three runs", () -> onGpus.running() == 3);
      assertThat(onGpus.uses())
          .extracting(use -> use.slot().name())
          .containsExactlyInAnyOrder("gpu 0", "gpu 1", "cpu");
      submitted.forEach(run -> awaitState(run, RunState.SUCCEEDED));
    } finally {
      onGpus.close();
    }
    List<String> shown = new ArrayList<>();
    for (Run run : submitted) {
      shown.add(Files.readString(files.newest(find(run)).path().resolve("shown.txt")));
    }
    assertThat(shown).containsExactly("0", "1", "");
  }

  private Worker onGpus(int gpus) {
    return new Worker(
        new RunQueue(database, "gpus"),
        files,
        StandInWorker.program(),
        StandInWorker.settings(Slot.of(0, null, gpus, null)));
  }

  private Run submit(String configuration, int gpus) {
    return runs.submit(
            new Submission("small", configuration, 0, "anna", null, null, DeviceKind.GPU, gpus))
        .run();
  }

  private String shown(Run run) throws IOException {
    return Files.readString(files.newest(find(run)).path().resolve("shown.txt"));
  }

  @Test
  void aRunOfSeveralGpusWaitsForThemAndIsNotOvertaken() throws IOException {
    Run first = submit("steps: 100\n", 1);
    Run large = submit("steps: 100\n", 2);
    List<Run> small = List.of(submit("steps: 1\n", 1), submit("steps: 1\n", 1));
    assertThat(find(large).reason()).isEqualTo("waits for 2 GPUs");
    Worker onGpus = onGpus(2);
    onGpus.start();
    try {
      await("the first run", () -> onGpus.running() == 1);
      await(
          "the large run on both GPUs",
          () ->
              onGpus.uses().stream()
                      .filter(use -> use.run() != null && use.run().id().equals(large.id()))
                      .map(use -> use.slot().name())
                      .sorted()
                      .toList()
                      .equals(List.of("gpu 0", "gpu 1"))
                  && onGpus.running() == 1
                  && onGpus.used() == 2);
      small.forEach(run -> awaitState(run, RunState.SUCCEEDED));
    } finally {
      onGpus.close();
    }
    assertThat(find(large).startedAt()).isAfterOrEqualTo(find(first).finishedAt());
    for (Run run : small) {
      assertThat(find(run).startedAt()).isAfterOrEqualTo(find(large).finishedAt());
    }
    assertThat(shown(large)).isEqualTo("0,1");
  }

  @Test
  void aRunOfSeveralGpusIsKilledAndResumedOnAsMany() throws IOException {
    Run run = submit("steps: 100\n", 2);
    Worker onGpus = onGpus(3);
    onGpus.start();
    try {
      await("steps", () -> steps(find(run)).size() > 2);
      process(run).destroyForcibly();
      Run ended = awaitState(run, RunState.SUCCEEDED);
      assertThat(ended.attempt()).isEqualTo(2);
      assertThat(steps(ended).size()).isBetween(100, 101);
      assertThat(shown(run)).isEqualTo("0,1");
      await("free slots", () -> onGpus.used() == 0);
      assertThat(onGpus.uses()).hasSize(3);
    } finally {
      onGpus.close();
    }
  }

  /** The service was started again with fewer: the program says so. */
  @Test
  void aRunThatNeedsMoreGpusThanThereAreGetsAll() throws IOException {
    Run run = submit("steps: 1\n", 4);
    Worker onGpus = onGpus(2);
    onGpus.start();
    try {
      awaitState(run, RunState.SUCCEEDED);
      assertThat(shown(run)).isEqualTo("0,1");
    } finally {
      onGpus.close();
    }
  }

  @Test
  void whatAProcessUsesIsWrittenDown() throws IOException {
    Run run = submit("steps: 1000\n");
    worker.start();
    await("resources", () -> Files.exists(files.resources(find(run))));
    String first = Files.readString(files.resources(find(run)));
    assertThat(first).contains("\"device\":\"cpu\"").contains("\"peak_memory_bytes\":");
    await(
        "a second look",
        () -> {
          try {
            return Files.readString(files.resources(find(run))).contains("\"processors\":");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void noMoreRunsAtATimeThanSlots() {
    for (int i = 0; i < 5; i++) {
      submit("steps: 20\n");
    }
    worker.start();
    int most = 0;
    while (runs.counts().get(RunState.SUCCEEDED) < 5) {
      most = Math.max(most, runs.counts().get(RunState.RUNNING));
      assertThat(runs.counts().get(RunState.FAILED)).isZero();
    }
    assertThat(most).isEqualTo(2);
  }
}
