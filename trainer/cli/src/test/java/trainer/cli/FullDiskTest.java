package trainer.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.disk.DiskObserver;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.file.FileException;
import trainer.file.TrainerException;
import trainer.job.DivergenceRecovery;
import trainer.job.TrainingJob;
import trainer.text.TextException;
import trainer.training.StopSignal;
import trainer.training.TrainingException;

/**
 * A disk that is temporarily full, from operation N on, or fails. {@code -Dfull.disk.cases=100}
 * tries 100 values of N instead of a few. {@link RealDiskTest} fills a real disk.
 */
@Tag("slow")
final class FullDiskTest {
  private static final int CASES = Integer.getInteger("full.disk.cases", 20);
  private static final int OPERATIONS_WITHOUT_SPACE = 12;
  private static final int ITERATIONS = 24;

  @TempDir private static Path temporary;
  private static Configuration configuration;
  private static byte[] parameters;
  private static int operations;

  private enum Phase {
    /** Before the first iteration. */
    START,
    /** Between two iterations. */
    TRAINING,
    /** After the last one. */
    RESULT
  }

  /** Fails a range of the operations that need space, counted from 0. */
  private static final class SmallDisk implements DiskObserver {
    private static final String STARTED = "\"kind\":\"started\"";
    private static final Pattern LAST_ROW = Pattern.compile("(?m)^" + ITERATIONS + ",[0-9]+,");

    private final int from;
    private final Set<Phase> refused = EnumSet.noneOf(Phase.class);
    private Phase phase = Phase.START;
    private int done;

    SmallDisk(int from) {
      this.from = from;
    }

    @Override
    public void before(Operation operation) throws IOException {
      if (!needsSpace(operation)) {
        return;
      }
      String text =
          operation instanceof Operation.Write write ? new String(write.bytes(), ISO_8859_1) : "";
      if (phase == Phase.TRAINING && LAST_ROW.matcher(text).find()) {
        phase = Phase.RESULT; // the row is the first write after the last iteration
      }
      int number = done++;
      if (number >= from && number < from + OPERATIONS_WITHOUT_SPACE) {
        refused.add(phase);
        throw new FileSystemException(null, null, "No space left on device");
      }
      if (phase == Phase.START && text.contains(STARTED)) {
        phase = Phase.TRAINING;
      }
    }

    /** Earlier writes may be allocated only now. */
    private static boolean needsSpace(Operation operation) {
      return !(operation instanceof Operation.Delete || operation instanceof Operation.Truncate);
    }
  }

  @BeforeAll
  static void trainWithSpace() {
    SmallJob.write(temporary, 3_000);
    configuration = configuration(ITERATIONS);
    SmallDisk large = new SmallDisk(Integer.MAX_VALUE - OPERATIONS_WITHOUT_SPACE);
    train("whole", large);
    parameters = parameters("whole");
    operations = large.done;
  }

  private static Configuration configuration(int iterations) {
    return ConfigurationLoader.load(
        temporary.resolve(SmallJob.FILE),
        List.of(
            "training.max_iterations=" + iterations,
            "evaluation.every_iterations=8",
            "checkpoints={every_iterations: 4, keep_last: 2}",
            "samples.length=5"));
  }

  private static void train(String directory, DiskObserver disk) {
    train(configuration, directory, disk);
  }

  private static void train(Configuration configuration, String directory, DiskObserver disk) {
    train(configuration, directory, disk, new StopSignal());
  }

  private static void train(
      Configuration configuration, String directory, DiskObserver disk, StopSignal stop) {
    Path run = WatchedFileSystem.watch(temporary.resolve(directory), disk);
    new TrainingJob(configuration, run).stop(stop).run();
  }

  private static byte[] parameters(String directory) {
    return RunContents.entries(temporary.resolve(directory).resolve("latest.zip"))
        .get("coefficients.bin");
  }

  @Test
  void onlyStartAndResultNeedSpaceAndNothingIsLost() throws IOException {
    Map<String, Integer> outcomes = new TreeMap<>();
    for (int i = 0; i < CASES; i++) {
      int from = (int) ((long) i * operations / CASES);
      String name = "from operation %d of %d".formatted(from, operations);
      String directory = "full-" + i;
      SmallDisk disk = new SmallDisk(from);
      boolean ended = false;
      try {
        train(directory, disk);
      } catch (FileException | TextException e) {
        ended = true;
        assertThat(e).as(name).hasMessageContaining("No space left on device");
        train(directory, operation -> {});
      }
      assertThat(disk.refused).as(name).isNotEmpty();
      if (ended) {
        assertThat(disk.refused).as(name).containsAnyOf(Phase.START, Phase.RESULT);
      } else {
        assertThat(disk.refused).as(name).doesNotContain(Phase.START);
      }
      outcomes.merge(disk.refused + (ended ? " ended" : " went on"), 1, Integer::sum);
      assertWhole(directory, name);
    }
    System.out.printf("full disk, refused in: %s, of %d operations%n", outcomes, operations);
    // Every phase must occur.
    assertThat(outcomes).containsKeys("[START] ended", "[TRAINING] went on");
    assertThat(outcomes.keySet()).anyMatch(outcome -> outcome.contains("RESULT"));
  }

  /** The disk or file server temporarily fails to read the newest checkpoint. */
  @Test
  void anErrorOfTheDiskEndsTheRunWhichGoesOnLaterFromTheCheckpointThatItWasOf() {
    Path newest = temporary.resolve("failing/checkpoints/12.zip");
    DiskObserver failing = DiskObserver.failsToRead(newest, new IOException("Input/output error"));
    train(configuration(12), "failing", operation -> {});
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(() -> train(configuration, "failing", failing))
        .withMessageStartingWith(newest + ": cannot be read (Input/output error): ")
        .matches(TrainerException::isTransient, "ends with exit code 1");
    assertThat(newest).exists();

    train(configuration, "failing", operation -> {});
    assertThat(RunContents.events(temporary.resolve("failing"), "resumed"))
        .singleElement()
        .satisfies(event -> assertThat(event.get("iteration").asInt()).isEqualTo(12));
    assertWhole("failing", "after the error");
  }

  /** A missing checkpoint event is no reason to fail. */
  @Test
  void aRunThatIsStoppedWithoutSpaceForTheLogHasItsCheckpoint() {
    StopSignal stop = new StopSignal();
    List<String> refused = new ArrayList<>();
    DiskObserver disk =
        operation -> {
          if (operation instanceof Operation.Write write) {
            String text = new String(write.bytes(), ISO_8859_1);
            if (text.startsWith("3,")) {
              stop.request("SIGTERM");
            } else if (text.contains("\"kind\":\"checkpoint\"")) {
              refused.add(text);
              throw new FileSystemException(null, null, "No space left on device");
            }
          }
        };
    train(configuration, "stopped", disk, stop);
    assertThat(refused).isNotEmpty();
    assertThat(RunContents.events(temporary.resolve("stopped"), "stopped")).hasSize(1);
    assertThat(temporary.resolve("stopped/latest.zip")).exists();
  }

  /** A process killed in between leaves an event. */
  @Test
  void goingBackIsRecordedBeforeItIsDone() {
    Pattern event =
        Pattern.compile(
            "\\{\"time\":\"[^\"]*\",\"kind\":\"rolled_back\".*\"to_iteration\":([0-9]+)");
    List<String> done = new ArrayList<>();
    DiskObserver disk =
        operation -> {
          if (operation instanceof Operation.Write write) {
            Matcher record = event.matcher(new String(write.bytes(), ISO_8859_1));
            if (record.lookingAt()) {
              done.add("back to " + record.group(1));
            }
          } else if (operation instanceof Operation.Rename rename
              && rename.to().getParent().endsWith("checkpoints")) {
            done.add("wrote " + rename.to().getFileName().toString().replace(".zip", ""));
          }
        };
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> train(diverging(), "recorded", disk));
    List<Integer> back =
        IntStream.range(0, done.size())
            .filter(i -> done.get(i).startsWith("back"))
            .boxed()
            .toList();
    assertThat(back).hasSize(DivergenceRecovery.RETRIES);
    for (int i : back) {
      assertThat(done.get(i + 1)).isEqualTo(done.get(i).replace("back to", "wrote"));
    }
  }

  private static Configuration diverging() {
    return ConfigurationLoader.load(
        temporary.resolve(SmallJob.FILE),
        List.of(
            "training.gradient_clipping=none",
            "training.optimizer={type: sgd, learning_rate: 1e4, momentum: 0.0}",
            "checkpoints.every_iterations=1"));
  }

  /** A log that cannot be written neither hides a failure nor prevents a rollback. */
  @Test
  void whatFailsIsSaidWithoutSpaceForTheLog() {
    Pattern event = Pattern.compile("\"kind\":\"(rolled_back|failed)\"");
    List<String> refused = new ArrayList<>();
    DiskObserver disk =
        operation -> {
          if (operation instanceof Operation.Write write) {
            Matcher kind = event.matcher(new String(write.bytes(), ISO_8859_1));
            if (kind.find()) {
              refused.add(kind.group(1));
              throw new FileSystemException(null, null, "No space left on device");
            }
          }
        };
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> train(diverging(), "diverging", disk))
        .withMessageStartingWith("training diverged at iteration ")
        .satisfies(
            failure ->
                assertThat(failure.getSuppressed())
                    .singleElement()
                    .asString()
                    .contains("No space left on device"));
    assertThat(refused).containsExactly("rolled_back", "rolled_back", "rolled_back", "failed");
  }

  private static void assertWhole(String directory, String name) {
    Path run = temporary.resolve(directory);
    assertThat(parameters(directory)).as(name).isEqualTo(parameters);
    assertThat(iterations(run))
        .as(name)
        .containsExactlyElementsOf(iterations(temporary.resolve("whole")));
    assertThat(run.resolve("model.zip")).as(name).exists();
  }

  private static List<Integer> iterations(Path run) {
    return RunContents.rows(run).stream().map(row -> Integer.parseInt(row[0])).toList();
  }
}
