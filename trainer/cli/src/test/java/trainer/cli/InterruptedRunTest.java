package trainer.cli;

import org.junit.jupiter.api.Tag;

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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cli.TrainerProcess.Result;

/**
 * A run that is killed, or asked to stop, at any moment and started again ends as if it had not
 * been.
 */
@Tag("slow")
final class InterruptedRunTest {
  private static final long SEED = Long.getLong("crash.seed", 20240613);

  /** Of each engine; at night {@code -Dcrash.kills=200}, in parts with {@code -Dcrash.seed}. */
  private static final int KILLS = Integer.getInteger("crash.kills", 20);

  /** Of each kind; at night {@code -Dcrash.signals=100}. */
  private static final int SIGNALS = Integer.getInteger("crash.signals", 1);

  private static final double LATEST_MILLISECONDS = 1500;

  private static final long MOST_WAITING_NANOS = 500_000_000;

  /** What is written aside before it gets its name. */
  private static final List<Pattern> UNFINISHED =
      List.of(
          Pattern.compile("\\.N\\.zip\\.part"),
          Pattern.compile("\\.(latest|best|model)\\.zip\\.part"),
          Pattern.compile("\\.loss\\.(svg|png)\\.part"));

  @TempDir private static Path temporary;
  private static Path folder;

  @BeforeAll
  static void writeJob() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
  }

  private static String[] into(String directory, String... more) {
    return SmallJob.with(SmallJob.with(SmallJob.BUSY, "--output", directory), more);
  }

  /** What a run does not expect. */
  private enum Blow {
    /** SIGKILL: the process is gone. */
    KILL,
    /** SIGTERM: it leaves a checkpoint. */
    STOP,
    /** SIGTERM twice: it leaves at once. */
    STOP_TWICE;

    /** Strikes; returns how long the process took to leave, seconds. */
    double strike(TrainerProcess process, Random random) {
      long start = System.nanoTime();
      if (this == KILL) {
        process.close();
      } else {
        process.signal("TERM");
        if (this == STOP_TWICE) {
          TrainerProcess.pause(random.nextInt(50));
          process.signal("TERM");
        }
        Result left = process.end();
        assertThat(left.exitCode()).as("seed %d: %s", SEED, left.err()).isIn(143, 0);
        assertThat(left.err()).as("seed %d", SEED).doesNotContain("error", "Exception");
      }
      return (System.nanoTime() - start) / 1e9;
    }
  }

  /** In Java's start, in the resumption of a run that was struck, in whatever training does. */
  @ParameterizedTest
  @CsvSource({"cpu, KILL", "nd4j, KILL", "cpu, STOP", "cpu, STOP_TWICE"})
  void struckAtRandomInstants(String engine, Blow blow) {
    String setting = "--set=compute.engine=" + engine;
    String directory = blow + "-" + engine;
    Path whole = folder.resolve("whole-" + engine);
    if (!Files.exists(whole)) {
      Result result = TrainerProcess.run(folder, into(whole.toString(), setting));
      assertThat(result.exitCode()).as(result.err()).isZero();
    }
    Random random = new Random(SEED);
    int blows = 0;
    int begun = 0;
    double longest = 0;
    Map<String, Integer> unfinished = new TreeMap<>();
    while (blows < (blow == Blow.KILL ? KILLS : SIGNALS)) {
      // A run that was finished takes no more blows: the next begins.
      Path run = folder.resolve(directory + "-" + begun);
      if (Files.exists(run.resolve("model.zip"))) {
        assertSame(whole, run);
        begun++;
        continue;
      }
      Map<Path, FileTime> before = unfinished(run);
      try (TrainerProcess process = TrainerProcess.start(folder, into(run.toString(), setting))) {
        if (random.nextInt(4) > 0) {
          process.awaitError("output    ");
        }
        // Most of them soon, where a run resumes; some late, where it is in full swing.
        double when = random.nextDouble();
        TrainerProcess.pause(Math.round(LATEST_MILLISECONDS * when * when));
        if (blow == Blow.KILL && blows % 2 == 0) {
          awaitWriting(process, run, UNFINISHED.get(blows / 2 % UNFINISHED.size()));
        }
        if (process.isAlive()) {
          longest = Math.max(longest, blow.strike(process, random));
          blows++;
          writtenSince(before, run).forEach(name -> unfinished.merge(name, 1, Integer::sum));
        } else {
          Result ended = process.end();
          assertThat(ended.exitCode()).as("seed %d: %s", SEED, ended.err()).isZero();
        }
      }
    }
    Path run = folder.resolve(directory + "-" + begun);
    Result last = TrainerProcess.run(folder, into(run.toString(), setting));
    assertThat(last.exitCode()).as("seed %d: %s", SEED, last.err()).isZero();
    assertSame(whole, run);
    System.out.printf(
        "%s, seed %d: %,d x %s survived in %,d runs; gone after %.2f s at the latest; files that were"
            + " left unfinished: %s%n",
        engine, SEED, blows, blow, begun + 1, longest, unfinished);
  }

  /** Returns when a file of a kind is being written, or that has not happened for a while. */
  private static void awaitWriting(TrainerProcess process, Path run, Pattern kind) {
    Map<Path, FileTime> before = unfinished(run);
    long start = System.nanoTime();
    while (process.isAlive()
        && System.nanoTime() - start < MOST_WAITING_NANOS
        && writtenSince(before, run).noneMatch(name -> kind.matcher(name).matches())) {
      Thread.onSpinWait();
    }
  }

  /** Names of files that have not got their final one, numbers left out. */
  private static Stream<String> writtenSince(Map<Path, FileTime> before, Path run) {
    return unfinished(run).entrySet().stream()
        .filter(file -> !file.getValue().equals(before.get(file.getKey())))
        .map(file -> file.getKey().getFileName().toString().replaceAll("[0-9]+", "N"));
  }

  /** Files that have not got their final name, and when they were written to. */
  private static Map<Path, FileTime> unfinished(Path run) {
    Map<Path, FileTime> files = new HashMap<>();
    for (Path folder : List.of(run, run.resolve("checkpoints"))) {
      try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*.part")) {
        for (Path part : parts) {
          files.put(part, Files.getLastModifiedTime(part));
        }
      } catch (IOException | DirectoryIteratorException e) {
        // It has its name by now, or the folder is not there yet.
      }
    }
    return files;
  }

  private static void assertSame(Path whole, Path run) {
    assertThat(RunContents.of(run)).as("seed %d", SEED).isEqualTo(RunContents.of(whole));
    assertThat(RunContents.rows(run))
        .extracting(row -> Integer.parseInt(row[0]))
        .isSorted()
        .doesNotHaveDuplicates()
        .hasSize(160);
  }
}
