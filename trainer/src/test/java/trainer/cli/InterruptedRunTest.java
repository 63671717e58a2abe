package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.TrainerProcess.Result;

/** A run that is stopped, however and whenever, and started again ends as if it had not been. */
final class InterruptedRunTest {
  private static final long SEED = 20240613;

  /** Of each engine; at night {@code -Dcrash.kills=200}. */
  private static final int KILLS = Integer.getInteger("crash.kills", 10);

  /** Of {@link SmallJob}, so short that most of the time goes into evaluation and checkpoints. */
  private static final String[] JOB = {
    SmallJob.FILE,
    "--set=evaluation.every_iterations=10",
    "--set=checkpoints.every_iterations=5",
    "--set=samples.every_iterations=20"
  };

  @TempDir private static Path temporary;
  private static Path folder;
  private static RunContents uninterrupted;

  @BeforeAll
  static void trainWithoutInterruption() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    Result result = TrainerProcess.run(folder, JOB);
    assertThat(result.exitCode()).as(result.err()).isZero();
    uninterrupted = RunContents.of(folder.resolve("models/small"));
  }

  private static String[] into(String directory, String... more) {
    String[] command = new String[JOB.length + 2 + more.length];
    System.arraycopy(JOB, 0, command, 0, JOB.length);
    command[JOB.length] = "--output";
    command[JOB.length + 1] = directory;
    System.arraycopy(more, 0, command, JOB.length + 2, more.length);
    return command;
  }

  /** In Java's start, in the resumption of a run that was killed, in whatever training does. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "nd4j"})
  void killedAtRandomInstants(String engine) {
    String setting = "--set=compute.engine=" + engine;
    String directory = "killed-" + engine;
    Result whole = TrainerProcess.run(folder, into("whole-" + engine, setting));
    assertThat(whole.exitCode()).as(whole.err()).isZero();
    Random random = new Random(SEED);
    int kills = 0;
    int begun = 0;
    while (kills < KILLS) {
      // A run that was finished takes no more kills: the next begins.
      Path run = folder.resolve(directory + "-" + begun);
      String[] job = into(run.getFileName().toString(), setting);
      if (Files.exists(run.resolve("model.zip"))) {
        assertSame(engine, run);
        begun++;
        continue;
      }
      try (TrainerProcess process = TrainerProcess.start(folder, job)) {
        if (random.nextInt(4) > 0) {
          process.awaitError("output    killed");
        }
        TrainerProcess.pause(random.nextInt(500));
        if (process.isAlive()) {
          kills++;
        } else {
          Result ended = process.end();
          assertThat(ended.exitCode()).as("seed %d: %s", SEED, ended.err()).isZero();
        }
      }
    }
    Path run = folder.resolve(directory + "-" + begun);
    Result last = TrainerProcess.run(folder, into(run.getFileName().toString(), setting));
    assertThat(last.exitCode()).as("seed %d: %s", SEED, last.err()).isZero();
    assertSame(engine, run);
    System.out.printf("%s: %,d kills survived in %,d runs%n", engine, kills, begun + 1);
  }

  private static void assertSame(String engine, Path run) {
    assertThat(RunContents.of(run))
        .as("seed %d", SEED)
        .isEqualTo(RunContents.of(folder.resolve("whole-" + engine)));
    assertThat(RunContents.rows(run))
        .extracting(row -> Integer.parseInt(row[0]))
        .isSorted()
        .doesNotHaveDuplicates()
        .hasSize(160);
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void stoppedWhileTraining(String signal, int exitCode) {
    assumeNotIgnored(signal);
    String directory = "stopped-" + signal;
    Path run = folder.resolve(directory);
    try (TrainerProcess process = TrainerProcess.start(folder, into(directory))) {
      process.await("first row", () -> hasRows(run)).signal(signal);
      Result stopped = process.end();

      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(exitCode);
      assertThat(stopped.out()).isEmpty();
      assertThat(stopped.err())
          .contains(
              "SIG%s: finishing the iteration, then a checkpoint; once more to leave at once"
                  .formatted(signal))
          .containsPattern("stopped at iteration \\d+; the same command goes on from here\n$");
    }
    assertThat(run.resolve("latest.zip")).exists();
    assertThat(run.resolve("model.zip")).doesNotExist();
    assertThat(run.resolve("events.jsonl"))
        .content()
        .contains("\"kind\":\"stopped\"")
        .contains("SIG" + signal);
    Result resumed = TrainerProcess.run(folder, into(directory, "--resume", "required"));

    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("(going on at iteration ");
    assertThat(RunContents.of(run)).isEqualTo(uninterrupted);
  }

  private static boolean hasRows(Path run) {
    return Files.exists(run.resolve("metrics.csv")) && !RunContents.rows(run).isEmpty();
  }

  @Test
  void stoppedWhileEvaluating() throws IOException {
    // Evaluation after every iteration, and that takes far longer than the iteration.
    Path large = Files.createDirectory(temporary.resolve("evaluating"));
    SmallJob.write(large, 1_500_000);
    String[] job = {
      SmallJob.FILE,
      "--set=data.split=[0.1, 0.9, 0.0]",
      "--set=training.max_iterations=2",
      "--set=evaluation.every_iterations=1"
    };
    stopAfterTheFirstIteration(large, job);
  }

  @Test
  void stoppedWhileSampling() {
    String[] job = {
      SmallJob.FILE,
      "--set=training.max_iterations=2",
      "--set=samples.every_iterations=1",
      "--set=samples.length=200000"
    };
    stopAfterTheFirstIteration(folder, job);
  }

  /** Stops a run of two iterations in the evaluation or samples after the first, and goes on. */
  private static void stopAfterTheFirstIteration(Path work, String... job) {
    Result whole = TrainerProcess.run(work, with(job, "--output", "whole"));
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    try (TrainerProcess process = TrainerProcess.start(work, with(job, "--output", "cut"))) {
      process.awaitError("output    cut");
      TrainerProcess.pause(300);
      Result stopped = process.signal("TERM").end();
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err()).contains("stopped at iteration 1;");
    }
    Path run = work.resolve("cut");
    assertThat(RunContents.rows(run)).isEmpty();
    assertThat(run.resolve("samples.txt")).isEmptyFile();
    Result resumed = TrainerProcess.run(work, with(job, "--output", "cut"));

    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(RunContents.of(run)).isEqualTo(RunContents.of(work.resolve("whole")));
  }

  @Test
  void stoppedWhileTheCorpusIsEncoded() throws IOException {
    Path large = Files.createDirectory(temporary.resolve("encoding"));
    SmallJob.write(large, 60_000_000);
    Path encoded = large.resolve("models/small/corpus.bin");
    try (TrainerProcess process = TrainerProcess.start(large, SmallJob.FILE)) {
      Path part = encoded.resolveSibling("corpus.bin.part");
      Result stopped =
          process.await(part.toString(), () -> Files.exists(part)).signal("TERM").end();
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err())
          .endsWith("stopped while the corpus was being read; the same command begins again\n");
      assertThat(part).doesNotExist();
    }
    assertThat(encoded).doesNotExist();
  }

  @Test
  void secondSignalLeavesAtOnce() {
    // Iterations of about a second: far longer than the second signal takes to arrive.
    String[] job = {
      SmallJob.FILE,
      "--set=model.layers=[{type: lstm, size: 1024}]",
      "--set=training.sequence_length=1024",
      "--set=training.max_iterations=3",
      "--set=evaluation.every_iterations=1"
    };
    try (TrainerProcess process = TrainerProcess.start(folder, with(job, "--output", "twice"))) {
      process.awaitError("iter 1/3").signal("TERM");
      Result result = process.awaitError("once more to leave at once").signal("TERM").end();
      assertThat(result.exitCode()).as(result.err()).isEqualTo(143);
      assertThat(result.err()).doesNotContain("stopped at iteration");
    }
    Result resumed = TrainerProcess.run(folder, with(job, "--output", "twice"));
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
  }

  @Test
  void samplingForAReaderThatLeaves() throws Exception {
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
      assertThat(head.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(folder.resolve("head.txt")).hasSize(20);
    } finally {
      head.descendants().forEach(ProcessHandle::destroyForcibly);
      head.destroyForcibly();
    }
  }

  @Test
  void stoppedEvaluationPrintsNoResult() throws IOException {
    Path text = folder.resolve("long.txt");
    Files.writeString(text, SmallJob.text(30_000_000, 3));
    try (TrainerProcess process =
        TrainerProcess.start(folder, "evaluate", "models/small", "--corpus", "long.txt")) {
      Result stopped = process.awaitOpen(text.toRealPath()).signal("TERM").end();
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.out()).isEmpty();
      assertThat(stopped.err()).isEqualTo("SIGTERM: stopping; once more to leave at once\n");
    }
  }

  private static String[] with(String[] command, String... more) {
    String[] all = Arrays.copyOf(command, command.length + more.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    return all;
  }

  /**
   * A shell ignores SIGINT for what it runs in the background, and so then does all that follows.
   */
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
