package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.disk.CrashedDisk;
import trainer.disk.CrashedDisk.Data;
import trainer.disk.CrashedDisk.Names;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.file.AtomicFile;
import trainer.file.FileException;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.run.SamplesFile;
import trainer.training.Progress;

/**
 * Records the disk operations of a run's files, in the order of a run, and simulates a power
 * failure after each, with unsynchronized content kept, lost, or turned to garbage.
 */
@Tag("slow")
final class PowerLossTest {
  private static final boolean ALL_STATES = Boolean.getBoolean("power.loss.all");
  private static final long SEED = 20261121;
  private static final int RESUME_EVERY = 8; // states
  private static final int EVERY = 100; // iterations between checkpoints
  private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
  private static final int FIRST = 5; // checkpoints of the first process
  private static final double[] LOSSES = {2.0, 1.6, 1.7, 1.5, 1.8, 1.9, 1.4, 1.45};

  /** After N operations, the checkpoint of this iteration is the one to resume from. */
  private record Mark(int operations, int iteration) {}

  @TempDir private Path temporary;

  private final List<Operation> log = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>(List.of(new Mark(0, 0)));
  private Path root;
  private int states;

  @BeforeEach
  void aRunThatStopsRollsBackAndResumes() throws IOException {
    root = Files.createDirectory(temporary.resolve("watched")).toAbsolutePath();
    Path watched = WatchedFileSystem.watch(root.resolve("models/run"), log::add);
    train(new RunDirectory(watched), 0, FIRST);
    // Two checkpoints are damaged: the run resumes from an older one and writes them again.
    train(new RunDirectory(watched), 3, LOSSES.length);
  }

  private void train(RunDirectory run, int from, int to) {
    try (RunLock lock = run.open()) {
      assertThat(lock).isNotNull();
      CheckpointFolder folder = new CheckpointFolder(run);
      if (from > 0) {
        folder.discardAfter(run.checkpoint((long) from * EVERY), from * EVERY);
        marks.add(new Mark(log.size(), from * EVERY));
      }
      AtomicFile.write(run.config(), Examples.CONFIGURATION);
      AtomicFile.write(run.vocabulary(), Examples.VOCABULARY);
      try (Metrics metrics = Metrics.open(run.metrics(), from == 0 ? "" : metrics(from));
          Events events = Events.open(run.events(), CLOCK);
          SamplesFile samples = SamplesFile.open(run.samples(), from * EVERY)) {
        for (int i = from + 1; i <= to; i++) {
          samples.append(i * EVERY, 1.0, "text");
          metrics.append(MetricsRow.parse(metrics(i).lines().skip(i).findFirst().orElseThrow()));
          folder.write(checkpoint(i), new Retention(3, 1), metrics.rows());
          marks.add(new Mark(log.size(), i * EVERY));
          events.append("checkpoint", i * EVERY, Map.of());
        }
        checkpoint(to).write(run.model());
      }
    }
  }

  private static String metrics(int count) {
    return Examples.metrics(Arrays.copyOf(LOSSES, count), EVERY);
  }

  private static Checkpoint checkpoint(int number) {
    int best = 0;
    for (int i = 1; i < number; i++) {
      best = LOSSES[i] < LOSSES[best] ? i : best;
    }
    Progress progress = Examples.progress(number * EVERY, LOSSES[best], (best + 1) * EVERY);
    return Examples.checkpoint(progress, metrics(number));
  }

  @Test
  void theNewestOrThePreviousCheckpointIsWholeWheneverThePowerFails() throws IOException {
    Random random = new Random(SEED);
    for (int operations = 0; operations <= log.size(); operations++) {
      for (Data data : Data.values()) {
        for (Names names : Names.values()) {
          if (!ALL_STATES && random.nextInt(8) > 0) {
            continue;
          }
          Path copy = Files.createDirectory(temporary.resolve("copy"));
          List<Operation> before = log.subList(0, operations);
          CrashedDisk.write(before, data, names, random, root, copy);
          String state =
              "seed %d, state %d: %d of %d operations, last %s, data %s, names %s"
                  .formatted(
                      SEED,
                      states,
                      operations,
                      log.size(),
                      operations == 0 ? "none" : before.get(operations - 1),
                      data,
                      names);
          check(new RunDirectory(copy.resolve("models/run")), operations, state);
          delete(copy);
          states++;
        }
      }
    }
    System.out.printf("power failed in %,d states of %,d operations%n", states, log.size());
    assertThat(states).isGreaterThan(500);
  }

  private void check(RunDirectory run, int operations, String state) {
    int last = 0;
    while (last + 1 < marks.size() && marks.get(last + 1).operations() <= operations) {
      last++;
    }
    int next = Math.min(last + 1, marks.size() - 1);
    int one = marks.get(last).iteration();
    int other = marks.get(next).iteration();
    int found = newest(run, state);
    assertRecorded(run, found / EVERY, state);
    // A rollback over several checkpoints deletes one after the other.
    assertThat(found).as(state).isBetween(Math.min(one, other), Math.max(one, other));
    for (Path file : List.of(run.best(), run.latest(), run.model())) {
      if (Files.exists(file)) {
        assertWritten(file, state);
      }
    }
    assertWhole(run.config(), Examples.CONFIGURATION, state);
    assertWhole(run.vocabulary(), Examples.VOCABULARY, state);
    if (states % RESUME_EVERY == 0) {
      resume(run, found / EVERY, state);
    }
  }

  /** All samples up to a checkpoint and all events before it are intact. */
  private static void assertRecorded(RunDirectory run, int checkpoints, String state) {
    StringBuilder samples = new StringBuilder();
    StringBuilder events = new StringBuilder();
    for (int i = 1; i <= checkpoints; i++) {
      samples.append(
          "=== iteration %d, temperature 1.0, 4 characters ===\ntext\n\n".formatted(i * EVERY));
      if (i < Math.min(checkpoints, FIRST)) {
        events.append(
            "{\"time\":\"1970-01-01T00:00:00Z\",\"kind\":\"checkpoint\",\"iteration\":%d,\"details\":{}}\n"
                .formatted(i * EVERY));
      }
    }
    assertThat(content(run.samples())).as(state).startsWith(samples);
    assertThat(content(run.events())).as(state).startsWith(events);
  }

  private static String content(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1); // garbage included
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int newest(RunDirectory run, String state) {
    try {
      Optional<CheckpointFolder.Found> found = new CheckpointFolder(run).newestWhole();
      found.ifPresent(checkpoint -> assertWritten(checkpoint.file(), state));
      return found.map(checkpoint -> checkpoint.checkpoint().progress().iteration()).orElse(0);
    } catch (FileException e) {
      throw new AssertionError(state, e);
    }
  }

  private static void assertWritten(Path file, String state) {
    try {
      Checkpoint read = Checkpoint.read(file);
      CheckpointTest.assertSame(read, checkpoint(read.progress().iteration() / EVERY));
    } catch (RunException | AssertionError e) {
      throw new AssertionError(state, e);
    }
  }

  private static void assertWhole(Path file, String content, String state) {
    if (Files.exists(file)) {
      assertThat(file).as(state).hasContent(content);
    }
  }

  /** The next process can write, and its files are intact. */
  private static void resume(RunDirectory real, int from, String state) {
    RunDirectory run = new RunDirectory(WatchedFileSystem.watch(real.path(), operation -> {}));
    int next = Math.min(from + 1, LOSSES.length);
    try (RunLock lock = run.open();
        Metrics metrics = Metrics.open(run.metrics(), from == 0 ? "" : metrics(from));
        Events events = Events.open(run.events(), CLOCK);
        SamplesFile samples = SamplesFile.open(run.samples(), from * EVERY)) {
      assertThat(lock).isNotNull();
      CheckpointFolder folder = new CheckpointFolder(run);
      folder.newestWhole().ifPresent(found -> folder.discardAfter(found.file(), from * EVERY));
      assertThat(metrics.rows()).as(state).hasSize(from);
      samples.append(next * EVERY, 1.0, "text");
      events.append("checkpoint", next * EVERY, Map.of());
      folder.write(checkpoint(next), new Retention(3, 1), metrics.rows());
    } catch (FileException e) {
      throw new AssertionError(state, e);
    }
    assertThat(newest(real, state)).as(state).isEqualTo(next * EVERY);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
