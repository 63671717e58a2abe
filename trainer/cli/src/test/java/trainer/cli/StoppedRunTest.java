package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cli.TrainerProcess.Result;

/**
 * A run that is stopped at any point saves a checkpoint within the grace period, and when resumed
 * ends like an uninterrupted one.
 */
@Tag("slow")
final class StoppedRunTest {
  private static final int SPEED = 8; // column of metrics.csv

  @TempDir private static Path temporary;
  private static Path folder;
  private static RunContents uninterrupted;
  private static Commands commands;

  @BeforeAll
  static void trainWithoutInterruption() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    commands = new Commands(folder);
    Result result = commands.run(SmallJob.BUSY);
    assertThat(result.exitCode()).as(result.err()).isZero();
    uninterrupted = RunContents.of(folder.resolve("models/small"));
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  private static String[] into(String directory, String... more) {
    return SmallJob.with(SmallJob.with(SmallJob.BUSY, "--output", directory), more);
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void stoppedWhileTraining(String signal, int exitCode) {
    assumeNotIgnored(signal);
    String directory = "stopped-" + signal;
    Path run = folder.resolve(directory);
    try (TrainerProcess process = TrainerProcess.start(folder, into(directory))) {
      process.await("first row", () -> hasRows(run));
      Result stopped = stop("training", process, signal);

      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(exitCode);
      assertThat(stopped.out()).isEmpty();
      assertThat(stopped.err())
          .contains(
              "SIG%s: finishing the iteration and saving a checkpoint; signal again to exit immediately"
                  .formatted(signal))
          .containsPattern(
              "stopped at iteration \\d+, \\d\\.\\d s after SIG%s; the same command resumes from here\n$"
                  .formatted(signal));
    }
    assertThat(run.resolve("latest.zip")).exists();
    assertThat(run.resolve("model.zip")).doesNotExist();
    assertThat(run.resolve("events.jsonl"))
        .content()
        .contains("\"kind\":\"stopped\"")
        .contains("SIG" + signal);
    Result resumed = commands.run(into(directory, "--resume", "required"));

    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("(resuming at iteration ");
    assertThat(RunContents.of(run)).isEqualTo(uninterrupted);
  }

  private static boolean hasRows(Path run) {
    return Files.exists(run.resolve("metrics.csv")) && !RunContents.rows(run).isEmpty();
  }

  @Test
  void stoppedWhileEvaluating() throws IOException {
    // Evaluation after every iteration, far longer than the iteration.
    Path large = Files.createDirectory(temporary.resolve("evaluating"));
    SmallJob.write(large, 300_000);
    String[] job = {
      large.resolve(SmallJob.FILE).toString(),
      "--set=data.split=[0.1, 0.9, 0.0]",
      "--set=training.max_iterations=2",
      "--set=evaluation.every_iterations=1"
    };
    stopAfterTheFirstIteration("evaluating", "trainer.engine.Engine$Score ", large, job);
    List<String[]> rows = RunContents.rows(large.resolve("cut"));
    assertThat(rows.get(0)[SPEED]).isEmpty(); // the other process trained
    assertThat(Double.parseDouble(rows.get(1)[SPEED])).isPositive();
  }

  /**
   * After the last iteration, whose evaluation is the best, but recorded only after the samples.
   */
  @Test
  void stoppedWhileSampling() {
    String[] job = {
      SmallJob.FILE,
      "--set=training.max_iterations=1",
      "--set=samples.every_iterations=1",
      "--set=samples.length=40000"
    };
    stopAfterTheFirstIteration("sampling", "trainer.job.SampleListener$$Lambda", folder, job);
  }

  /**
   * Stops a short run in the evaluation or samples after the first iteration, and resumes it.
   *
   * @param sign of a class loaded when they start, in the JVM's log
   */
  private static void stopAfterTheFirstIteration(
      String phase, String sign, Path work, String... job) {
    String whole = work.resolve("whole").toString();
    Result uncut = commands.run(SmallJob.with(job, "--output", whole));
    assertThat(uncut.exitCode()).as(uncut.err()).isZero();

    Path classes = work.resolve("classes.txt");
    List<String> javaOptions = List.of("-Xlog:class+load:file=" + classes);
    Path run = work.resolve("cut");
    String[] cut = SmallJob.with(job, "--output", run.toString());
    try (TrainerProcess process = TrainerProcess.start(folder, javaOptions, cut)) {
      process.awaitError("output    " + run);
      process.await(phase, () -> RunContents.read(classes).contains(sign));
      Result stopped = stop(phase, process, "TERM");
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err()).contains("stopped at iteration 1, ");
    }
    assertThat(RunContents.rows(run)).isEmpty();
    assertThat(run.resolve("samples.txt")).isEmptyFile();
    Result resumed = commands.run(cut);

    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(RunContents.of(run)).isEqualTo(RunContents.of(Path.of(whole)));
  }

  /** Exit code 0 would mean that the run is complete. */
  @Test
  void stoppedAtTheEndOfItsInput() {
    List<String> withoutInput = List.of("sh", "-c", "exec \"$@\" < /dev/null", "sh");
    Result stopped =
        TrainerProcess.runBy(
            withoutInput, folder, List.of(), into("orphan", "--stop-at-end-of-input"));

    assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
    assertThat(stopped.err())
        .containsPattern("stopped .*; the same command ")
        .doesNotContain("finished");
  }

  /**
   * A terminal sends Ctrl-C to every process of a service, and systemd SIGTERM; the service itself
   * stops its runs.
   */
  @Test
  void signalsAreLeftToTheParentProcess() {
    String directory = "commanded";
    String[] job =
        into(
            directory,
            "--stop-at-end-of-input",
            "--set=training.epochs=1000",
            "--set=training.max_iterations=null");
    try (TrainerProcess process = TrainerProcess.start(folder, job)) {
      process.await("first row", () -> hasRows(folder.resolve(directory)));
      process.signal("INT").signal("TERM").signal("TERM");
      TrainerProcess.pause(200);
      assertThat(process.isAlive()).as(process.err()).isTrue();
      Result stopped = process.endInput().end();
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err())
          .contains("stop requested: finishing the iteration and saving a checkpoint\n")
          .contains("stopped at iteration ")
          .doesNotContain("SIG");
    }
    assertThat(folder.resolve(directory).resolve("latest.zip")).exists();
  }

  @Test
  void stoppedWhileTheCorpusIsEncoded() throws IOException {
    Path large = Files.createDirectory(temporary.resolve("encoding"));
    SmallJob.write(large, 30_000_000);
    Path encoded = large.resolve("models/small/corpus.bin");
    try (TrainerProcess process = TrainerProcess.start(large, SmallJob.FILE)) {
      Path part = encoded.resolveSibling(".corpus.bin.part");
      process.await(part.toString(), () -> Files.exists(part));
      Result stopped = stop("encoding the corpus", process, "TERM");
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err())
          .endsWith("stopped while reading the corpus; the same command starts again\n");
    }
    assertThat(encoded.getParent()).doesNotExist();
  }

  @Test
  void killedWhileTheCorpusIsEncoded() throws IOException {
    Path large = Files.createDirectory(temporary.resolve("killed"));
    SmallJob.write(large, 6_000_000);
    Path run = large.resolve("models/small");
    try (TrainerProcess process = TrainerProcess.start(large, SmallJob.FILE)) {
      process.await("part", () -> Files.exists(run.resolve(".corpus.bin.part")));
    }
    assertThat(run.resolve("corpus.bin")).doesNotExist();
    Result again =
        commands.run(
            large.resolve(SmallJob.FILE).toString(),
            "--output=" + run,
            "--set=training.max_iterations=1");
    assertThat(again.err()).contains("(new run)");
    assertThat(run.resolve("corpus.bin")).exists();
    assertThat(run.resolve(".corpus.bin.part")).doesNotExist();
  }

  @Test
  void stoppedWhileACheckpointIsWritten() {
    // 50 MB of parameters and updater state.
    String[] job = {
      SmallJob.FILE,
      "--set=model.layers=[{type: lstm, size: 1000}]",
      "--set=training.max_iterations=2",
      "--set=checkpoints.every_iterations=1",
      "--output=checkpoint"
    };
    Path part = folder.resolve("checkpoint/checkpoints/.1.zip.part");
    try (TrainerProcess process = TrainerProcess.start(folder, job)) {
      process.await(part.toString(), () -> Files.exists(part));
      Result stopped = stop("writing a checkpoint", process, "TERM");
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err()).contains("stopped at iteration 1, ");
    }
    assertThat(folder.resolve("checkpoint/checkpoints/1.zip")).exists();
    assertThat(part).doesNotExist();
  }

  @Test
  void stoppedBeforeTheFirstIteration() {
    String directory = "before";
    Path run = folder.resolve(directory);
    try (TrainerProcess process = TrainerProcess.start(folder, into(directory))) {
      process.await("lock", () -> Files.exists(run.resolve("lock")));
      Result stopped = stop("starting", process, "TERM");
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err()).contains("the same command ");
    }
    Result again = commands.run(into(directory));
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(RunContents.of(run)).isEqualTo(uninterrupted);
  }

  @Test
  void exitsWithoutACheckpointAfterTheGracePeriod() {
    // Iterations of some 0.3 s: far longer than the signal's delivery and the grace period.
    String[] job = {
      SmallJob.FILE,
      "--set=model.layers=[{type: lstm, size: 384}]",
      "--set=training.sequence_length=1024",
      "--set=training.max_iterations=2",
      "--set=checkpoints={every_iterations: 1, grace_seconds: 0.1}",
      "--set=evaluation.every_iterations=1",
      "--output=grace"
    };
    try (TrainerProcess process = TrainerProcess.start(folder, job)) {
      Result stopped = stop("training, 0.1 s given", process.awaitError("iter 1/2"), "TERM");
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err())
          .endsWith(
              "checkpoints.grace_seconds (0.1 s) exceeded: exiting without another checkpoint\n");
    }
    Result resumed = commands.run(job);
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("(resuming at iteration 1 of 2)");
  }

  /** Sends a signal; returns the seconds until the process has exited. */
  private static Result stop(String phase, TrainerProcess process, String signal) {
    long start = System.nanoTime();
    Result stopped = process.signal(signal).end();
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%s: gone %.2f s after SIG%s%n", phase, seconds, signal);
    return stopped;
  }

  @Test
  void secondSignalExitsImmediately() {
    // Iterations of some 0.3 s: far longer than the second signal's delivery.
    String[] job = {
      SmallJob.FILE,
      "--set=model.layers=[{type: lstm, size: 384}]",
      "--set=training.sequence_length=1024",
      "--set=training.max_iterations=2",
      "--set=evaluation.every_iterations=1"
    };
    try (TrainerProcess process =
        TrainerProcess.start(folder, SmallJob.with(job, "--output", "twice"))) {
      process.awaitError("iter 1/2").signal("TERM");
      Result result = process.awaitError("signal again to exit immediately").signal("TERM").end();
      assertThat(result.exitCode()).as(result.err()).isEqualTo(143);
      assertThat(result.err()).doesNotContain("stopped at iteration");
    }
    Result resumed = commands.run(SmallJob.with(job, "--output", "twice"));
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
  }

  @Test
  void secondSignalExitsImmediatelyThoughTheConsoleIsBlocked() {
    try (TrainerProcess process = startWithFullConsole(SmallJob.FILE)) {
      process.signal("TERM");
      TrainerProcess.pause(200);
      assertThat(process.isAlive()).as("it waits to say so").isTrue();
      assertThat(process.signal("TERM").end().exitCode()).isEqualTo(143);
    }
  }

  @Test
  void gracePeriodEndsThoughTheConsoleIsBlocked() throws IOException {
    Files.writeString(
        folder.resolve("grace.yml"),
        Files.readString(folder.resolve(SmallJob.FILE))
            .replace("keep_last: 2", "keep_last: 2, grace_seconds: 0.1"));
    try (TrainerProcess process = startWithFullConsole("grace.yml")) {
      assertThat(process.signal("TERM").end().exitCode()).isEqualTo(143);
    }
  }

  /** Trains with a blocked standard error until the signal handlers are installed. */
  private static TrainerProcess startWithFullConsole(String file) {
    Path classes = folder.resolve(file + ".classes");
    String fullConsole =
        "unset JDK_JAVA_OPTIONS; mkfifo %1$s.pipe; exec 3<>%1$s.pipe;".formatted(file)
            + " timeout 0.2 cat /dev/zero >&3; exec \"$@\" 2>&3";
    return TrainerProcess.startBy(
            List.of("sh", "-c", fullConsole, "sh"),
            folder,
            List.of("-Xlog:class+load:file=" + classes),
            file,
            "--output=full")
        .await(
            "job",
            () ->
                Files.exists(classes)
                    && RunContents.read(classes).contains("trainer.job.ExistingRun "));
  }

  @Test
  void samplingStopsWhenItsReaderExits() throws Exception {
    Process head =
        new ProcessBuilder(
                "bash",
                "-c",
                "\"$0\" -XX:TieredStopAtLevel=1 -cp \"$1\" trainer.cli.Main sample models/small"
                    + " --length 2000000000 --seed 1 | head -c 20 > head.txt",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(head.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(folder.resolve("head.txt")).hasSize(20);
    } finally {
      head.descendants().forEach(ProcessHandle::destroyForcibly);
      head.destroyForcibly();
    }
  }

  @Test
  void stoppedEvaluationPrintsNoResult() throws IOException {
    Path text = folder.resolve("long.txt");
    Files.writeString(text, SmallJob.text(5_000_000, 3));
    try (TrainerProcess process =
        TrainerProcess.start(folder, "evaluate", "models/small", "--corpus", "long.txt")) {
      Result stopped = process.awaitOpen(text.toRealPath()).signal("TERM").end();
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.out()).isEmpty();
      assertThat(stopped.err()).isEqualTo("SIGTERM: stopping; signal again to exit immediately\n");
    }
  }

  /** A shell ignores SIGINT for background processes, which their children inherit. */
  private static void assumeNotIgnored(String signal) {
    if (signal.equals("INT")) {
      long ignored =
          RunContents.read(Path.of("/proc/self/status"))
              .lines()
              .filter(line -> line.startsWith("SigIgn:"))
              .mapToLong(line -> Long.parseUnsignedLong(line.replaceAll(".*\\s", ""), 16))
              .findFirst()
              .orElse(0);
      assumeFalse((ignored & 2) != 0, "SIGINT is ignored in this shell");
    }
  }
}
