package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cli.TrainerProcess.Result;

/** A run that is killed or stopped at any moment and resumed ends like an uninterrupted one. */
@Tag("slow")
final class InterruptedRunTest {
  private static final long SEED = Long.getLong("crash.seed", 20240613);

  /**
   * On cpu, and a third of them on nd4j, which starts slowly; nightly {@code -Dcrash.kills=200},
   * with another {@code -Dcrash.seed}.
   */
  private static final int KILLS = Integer.getInteger("crash.kills", 6);

  /** Per kind; nightly {@code -Dcrash.signals=100}. */
  private static final int SIGNALS = Integer.getInteger("crash.signals", 1);

  private static final double LATEST_MILLISECONDS = 1000;

  private static final long WRITE_TIMEOUT_NANOS = 500_000_000;

  /** Temporary names of files being written. */
  private static final List<Pattern> UNFINISHED =
      List.of(
          Pattern.compile("\\.N\\.zip\\.part"),
          Pattern.compile("\\.(latest|best|model)\\.zip\\.part"),
          Pattern.compile("\\.loss\\.(svg|png)\\.part"));

  @TempDir private static Path temporary;
  private static Path folder;
  private static Commands commands;

  @BeforeAll
  static void writeJob() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    commands = new Commands(folder);
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  private static String[] into(String directory, String... more) {
    return SmallJob.with(SmallJob.with(SmallJob.BUSY, "--output", directory), more);
  }

  private enum Interrupt {
    /** SIGKILL. */
    KILL,
    /** SIGTERM: the run writes a checkpoint and exits. */
    STOP,
    /** SIGTERM twice: the run exits immediately. */
    STOP_TWICE;

    /** Returns the seconds until the process has exited. */
    double send(TrainerProcess process, Random random) {
      long start = System.nanoTime();
      if (this == KILL) {
        process.close();
      } else {
        process.signal("TERM");
        if (this == STOP_TWICE) {
          TrainerProcess.pause(random.nextInt(50));
          process.signal("TERM");
        }
        Result result = process.end();
        assertThat(result.exitCode()).as("seed %d: %s", SEED, result.err()).isIn(143, 0);
        assertThat(result.err()).as("seed %d", SEED).doesNotContain("error", "Exception");
      }
      return (System.nanoTime() - start) / 1e9;
    }
  }

  @ParameterizedTest
  @CsvSource({"cpu, KILL", "nd4j, KILL", "cpu, STOP", "cpu, STOP_TWICE"})
  void interruptedAtRandomMoments(String engine, Interrupt interrupt) {
    int iterations = engine.equals("nd4j") ? 40 : SmallJob.BUSY_ITERATIONS;
    String[] settings = {
      "--set=compute.engine=" + engine, "--set=training.max_iterations=" + iterations
    };
    String directory = interrupt + "-" + engine;
    Path whole = folder.resolve("whole-" + engine);
    if (!Files.exists(whole)) {
      Result result = commands.run(into(whole.toString(), settings));
      assertThat(result.exitCode()).as(result.err()).isZero();
    }
    Random random = new Random(SEED);
    int interrupts = 0;
    int runs = 0;
    double longest = 0;
    Map<String, Integer> unfinished = new TreeMap<>();
    int kills = engine.equals("nd4j") ? (KILLS + 2) / 3 : KILLS;
    while (interrupts < (interrupt == Interrupt.KILL ? kills : SIGNALS)) {
      // After a finished run, the next starts.
      Path run = folder.resolve(directory + "-" + runs);
      if (Files.exists(run.resolve("model.zip"))) {
        assertSame(whole, run, iterations);
        runs++;
        continue;
      }
      Map<Path, FileTime> before = unfinished(run);
      try (TrainerProcess process = TrainerProcess.start(folder, into(run.toString(), settings))) {
        if (random.nextInt(4) > 0) {
          process.awaitError("output    ");
        }
        // Mostly early, while the run resumes; sometimes late, in the middle of training.
        double when = random.nextDouble();
        TrainerProcess.pause(Math.round(LATEST_MILLISECONDS * when * when));
        if (interrupt == Interrupt.KILL && interrupts % 2 == 0) {
          awaitWriting(process, run, UNFINISHED.get(interrupts / 2 % UNFINISHED.size()));
        }
        if (process.isAlive()) {
          longest = Math.max(longest, interrupt.send(process, random));
          interrupts++;
          writtenSince(before, run).forEach(name -> unfinished.merge(name, 1, Integer::sum));
        } else {
          Result ended = process.end();
          assertThat(ended.exitCode()).as("seed %d: %s", SEED, ended.err()).isZero();
        }
      }
    }
    Path run = folder.resolve(directory + "-" + runs);
    Result last = commands.run(into(run.toString(), settings));
    assertThat(last.exitCode()).as("seed %d: %s", SEED, last.err()).isZero();
    assertSame(whole, run, iterations);
    System.out.printf(
        "%s, seed %d: %,d x %s survived in %,d runs; exited within %.2f s; unfinished files: %s%n",
        engine, SEED, interrupts, interrupt, runs + 1, longest, unfinished);
  }

  /** Waits until a file of a kind is being written, or a timeout. */
  private static void awaitWriting(TrainerProcess process, Path run, Pattern kind) {
    Map<Path, FileTime> before = unfinished(run);
    long start = System.nanoTime();
    while (process.isAlive()
        && System.nanoTime() - start < WRITE_TIMEOUT_NANOS
        && writtenSince(before, run).noneMatch(name -> kind.matcher(name).matches())) {
      Thread.onSpinWait();
    }
  }

  /** Temporary names of files being written, with {@code N} for numbers. */
  private static Stream<String> writtenSince(Map<Path, FileTime> before, Path run) {
    return unfinished(run).entrySet().stream()
        .filter(file -> !file.getValue().equals(before.get(file.getKey())))
        .map(file -> file.getKey().getFileName().toString().replaceAll("[0-9]+", "N"));
  }

  /** Files with temporary names, and their modification times. */
  private static Map<Path, FileTime> unfinished(Path run) {
    Map<Path, FileTime> files = new HashMap<>();
    for (Path folder : List.of(run, run.resolve("checkpoints"))) {
      try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*.part")) {
        for (Path part : parts) {
          files.put(part, Files.getLastModifiedTime(part));
        }
      } catch (IOException | DirectoryIteratorException e) {
        // The file was renamed, or the folder does not exist yet.
      }
    }
    return files;
  }

  private static void assertSame(Path whole, Path run, int iterations) {
    assertThat(RunContents.of(run)).as("seed %d", SEED).isEqualTo(RunContents.of(whole));
    assertThat(RunContents.rows(run))
        .extracting(row -> Integer.parseInt(row[0]))
        .isSorted()
        .doesNotHaveDuplicates()
        .hasSize(iterations);
  }
}
