package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.checkpoint.Checkpoint;
import trainer.cli.TrainerProcess.Result;
import trainer.run.RunDirectory;
import trainer.text.Vocabulary;
import trainer.training.Progress;
import trainer.training.Validation;

/** Resuming the run in a directory. */
@Tag("slow")
final class ResumeTest extends ShortRuns {
  private static final int TRAIN_LOSS = 4; // column of metrics.csv

  /** A finished run of 20 iterations, not modified by tests. */
  @BeforeAll
  void trainDone() {
    assertDone(train("done"));
  }

  private static String until(int iterations) {
    return "--set=training.max_iterations=" + iterations;
  }

  @Test
  void changedLearningRateIsRefusedWithTheDifference() {
    Result result =
        train(
            "done",
            "--set=training.optimizer.learning_rate=0.02",
            "--set=seed=8",
            "--set=samples.length=10");

    assertRefused(
        result,
        """
        done: contains a different run; resuming would mix the two:
          seed: 7 -> 8
          training.optimizer.learning_rate: 0.01 -> 0.02
        undo the change, or add
          --output NEW --init-from done --keep-optimizer: to train its weights further in a new run
          --output NEW: to train a new run, in a directory NEW
          --resume never: to train a new run here; the old one is renamed""");
  }

  @Test
  void changedCorpusIsRefused() throws IOException {
    Files.writeString(folder.resolve("other.txt"), SmallJob.text(20_000, 9));

    Result result = train("done", "--set=data.corpus=other.txt");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.error())
        .startsWith(
            "error: done: contains a different run; resuming would mix the two:\n  the corpus has changed: SHA-256 ")
        .contains("\n  data.corpus: " + folder.resolve("corpus.txt"));
  }

  @Test
  void extendedRunEndsLikeOneThatWasLongFromTheStart() {
    assertDone(train("longer"));
    Result longer =
        commands.run(SmallJob.FILE, "--set=training.max_iterations=40", "--output", "longer");
    assertDone(longer);
    assertThat(longer.err())
        .contains("changed: training.max_iterations: 20 -> 40\n")
        .contains("output    longer (resuming at iteration 20 of 40)");
    Result whole =
        commands.run(SmallJob.FILE, "--set=training.max_iterations=40", "--output", "long");
    assertDone(whole);

    var bytes = RunContents.entries(folder.resolve("longer/latest.zip"));
    var wanted = RunContents.entries(folder.resolve("long/latest.zip"));
    for (String entry : List.of("coefficients.bin", "updaterState.bin", "trainer/carried.bin")) {
      assertThat(bytes.get(entry)).as(entry).isEqualTo(wanted.get(entry));
    }
  }

  /** The run was stopped while sampling, resumed, and killed after writing the samples. */
  @Test
  void samplesThatAreDrawnOnceMoreAreThereOnce() throws IOException {
    Path run = folder.resolve("killed");
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
    RunDirectory directory = new RunDirectory(run);
    Checkpoint last = Checkpoint.read(directory.checkpoint(8));
    Progress progress = last.progress();
    Checkpoint stopped =
        new Checkpoint(
            last.configuration(),
            last.vocabulary(),
            last.networkConfiguration(),
            last.parameters(),
            last.updaterState(),
            new Progress(
                8,
                7,
                progress.epoch(),
                progress.segment(),
                progress.characters(),
                progress.seconds(),
                1,
                progress.runningLoss(),
                progress.gradientNorm(),
                progress.learningRate(),
                progress.runningLoss(),
                Validation.none(),
                1,
                0),
            last.carried(),
            last.metrics().replaceFirst("\\n8,.*\\n$", "\n"),
            last.provenance());
    stopped.write(directory.checkpoint(8));
    stopped.write(directory.latest());
    Files.delete(directory.model());
    Files.delete(directory.best());
    assertThat(Files.readString(directory.samples())).contains("=== iteration 8,");

    assertThat(InProcess.train(folder, run, 12).exitCode()).isZero();

    Path whole = folder.resolve("never-killed");
    assertThat(InProcess.train(folder, whole, 12).exitCode()).isZero();
    assertThat(directory.samples()).hasSameTextualContentAs(whole.resolve("samples.txt"));
    assertThat(RunContents.rows(run)).extracting(row -> row[0]).doesNotHaveDuplicates();
  }

  /** As after a clock step: the newest checkpoint is the oldest file. */
  @Test
  void timesOfFilesDecideNothing() throws IOException {
    assertDone(train("stepped"));
    Path run = folder.resolve("stepped");
    try (Stream<Path> files = Files.walk(run)) {
      FileTime time = FileTime.from(Instant.parse("2100-01-01T00:00:00Z"));
      for (Path file : files.sorted().toList()) {
        Files.setLastModifiedTime(file, time);
      }
    }
    FileTime past = FileTime.from(Instant.EPOCH);
    Files.setLastModifiedTime(run.resolve("checkpoints/20.zip"), past);
    Files.setLastModifiedTime(run.resolve("corpus.bin"), past);
    Files.setLastModifiedTime(folder.resolve("corpus.txt"), past);

    Result resumed = train("stepped", until(40));
    assertDone(resumed);
    assertThat(resumed.err()).contains("(resuming at iteration 20 of 40)");
    assertDone(train("unstepped"));
    assertDone(train("unstepped", until(40)));
    assertThat(RunContents.of(run)).isEqualTo(RunContents.of(folder.resolve("unstepped")));
  }

  @Test
  void runMovesFromEngineToEngine() throws IOException {
    assertDone(train("moving"));
    assertDone(train("moving", until(40), "--set=compute.engine=nd4j"));
    assertDone(train("moving", until(60), "--set=compute.engine=cpu"));
    assertDone(train("unmoved", until(60)));

    assertThat(Files.readString(folder.resolve("moving/provenance.json")))
        .contains("nd4j (")
        .contains("cpu (");
    double[] moving = trainingLosses("moving");
    double[] unmoved = trainingLosses("unmoved");
    assertThat(moving).hasSameSizeAs(unmoved).hasSizeGreaterThan(10);
    for (int i = 0; i < unmoved.length; i++) {
      // float32 sums in another order, over 60 updates.
      assertThat(moving[i]).as("row %d", i).isCloseTo(unmoved[i], withinPercentage(0.1));
    }
  }

  private double[] trainingLosses(String run) throws IOException {
    return Files.readAllLines(folder.resolve(run).resolve("metrics.csv")).stream()
        .skip(1) // the heading
        .mapToDouble(row -> Double.parseDouble(row.split(",", -1)[TRAIN_LOSS]))
        .toArray();
  }

  @Test
  void completeRunIsReported() {
    Result result = train("done", "--resume", "required");

    assertDone(result);
    assertThat(result.err())
        .contains("done: already complete; to continue, add --set training.max_iterations=40\n");
  }

  @Test
  void requiredResumeNeedsARun() {
    assertRefused(
        train("nothing", "--resume", "required"),
        "nothing: no run to resume: omit --resume required to start one");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  /** The same characters at other indices would make the weights meaningless. */
  @Test
  void vocabularyThatChangedUnderARunIsRefused() throws IOException {
    Path vocabulary = folder.resolve("kept.json");
    String kept = "--set=data.vocabulary=kept.json";
    String characters = Files.readString(folder.resolve("corpus.txt"));
    int[] sorted = characters.codePoints().distinct().sorted().toArray();
    Files.writeString(vocabulary, Vocabulary.of(sorted).toJson());
    assertDone(train("kept", kept));
    int[] other = sorted.clone();
    other[0] = sorted[1];
    other[1] = sorted[0];
    Files.writeString(vocabulary, Vocabulary.of(other).toJson());

    Result result = train("kept", kept, "--set=training.max_iterations=21");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.error())
        .startsWith("error: kept: its vocabulary (")
        .endsWith("): restore the vocabulary, or choose another directory with --output");
  }
}
