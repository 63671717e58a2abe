package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.TrainerProcess.Result;
import trainer.text.Vocabulary;

/** What the output directory and other runs mean for a new start. */
final class ResumeTest {
  private static final int TRAIN_LOSS = 4; // column of metrics.csv
  private static final String SHORT = "--set=training.max_iterations=20";

  @TempDir private static Path temporary;
  private static Path folder;

  /** A finished run of 20 iterations in {@code done}, which no test changes. */
  @BeforeAll
  static void train() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    assertDone(train("done"));
  }

  private static Result train(String directory, String... more) {
    String[] command = {SmallJob.FILE, SHORT, "--output", directory};
    return TrainerProcess.run(folder, concatenate(command, more));
  }

  private static String[] concatenate(String[] first, String... second) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(String[]::new);
  }

  private static void assertDone(Result result) {
    assertThat(result.exitCode()).as(result.err()).isZero();
  }

  private static void assertRefused(Result result, String message) {
    assertThat(result.error()).isEqualTo("error: " + message);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
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
        done: is another run; going on would mix the two:
          seed: 7 -> 8
          training.optimizer.learning_rate: 0.01 -> 0.02
        undo the change, or name another directory with --output, or begin anew with --resume never \
        (the old run is kept beside it)""");
  }

  @Test
  void failedStartLeavesNothingBehind() {
    Result result = train("nothing", "--set=data.corpus=missing.txt");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @Test
  void failedStartLeavesTheCorpusThatItHasEncoded() {
    Result result = train("encoded", "--set=samples.prime='\u20ac'");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
    assertThat(result.error()).startsWith("error: samples.prime: ");
    assertThat(folder.resolve("encoded").toFile().list()).containsExactly("corpus.bin");
    assertDone(train("encoded", "--resume", "never"));
    assertThat(folder.resolve("encoded.1")).doesNotExist();
  }

  @Test
  void changedCorpusIsRefused() throws IOException {
    Files.writeString(folder.resolve("other.txt"), SmallJob.text(20_000, 9));

    Result result = train("done", "--set=data.corpus=other.txt");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.error())
        .startsWith(
            "error: done: is another run; going on would mix the two:\n  the corpus has changed: SHA-256 ")
        .contains("\n  data.corpus: " + folder.resolve("corpus.txt"));
  }

  @Test
  void longerRunGoesOnAndEndsLikeOneThatWasLongFromTheStart() {
    assertDone(train("longer"));
    Result longer =
        TrainerProcess.run(
            folder, SmallJob.FILE, "--set=training.max_iterations=40", "--output", "longer");
    assertDone(longer);
    assertThat(longer.err())
        .contains("changed: training.max_iterations: 20 -> 40\n")
        .contains("output    longer (going on at iteration 20 of 40)");
    Result whole =
        TrainerProcess.run(
            folder, SmallJob.FILE, "--set=training.max_iterations=40", "--output", "long");
    assertDone(whole);

    var bytes = RunContents.entries(folder.resolve("longer/latest.zip"));
    var wanted = RunContents.entries(folder.resolve("long/latest.zip"));
    for (String entry : List.of("coefficients.bin", "updaterState.bin", "trainer/carried.bin")) {
      assertThat(bytes.get(entry)).as(entry).isEqualTo(wanted.get(entry));
    }
  }

  /** As a clock that steps leaves them: the newest checkpoint the oldest file. */
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
    assertThat(resumed.err()).contains("(going on at iteration 20 of 40)");
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
      // Single precision, in another order of summation, over 60 updates.
      assertThat(moving[i]).as("row %d", i).isCloseTo(unmoved[i], withinPercentage(0.1));
    }
  }

  private static String until(int iterations) {
    return "--set=training.max_iterations=" + iterations;
  }

  private static double[] trainingLosses(String run) throws IOException {
    return Files.readAllLines(folder.resolve(run).resolve("metrics.csv")).stream()
        .skip(1) // the heading
        .mapToDouble(row -> Double.parseDouble(row.split(",", -1)[TRAIN_LOSS]))
        .toArray();
  }

  @Test
  void completeRunSaysSo() {
    Result result = train("done", "--resume", "required");

    assertDone(result);
    assertThat(result.err())
        .contains(
            "output    done (complete already; raise training.epochs or training.max_iterations to go on)");
  }

  @Test
  void corpusThatIsCutUnderARunEndsItAndIsMadeAgain() throws IOException {
    Path run = folder.resolve("shortened");
    String[] command = {SmallJob.FILE, "--set=training.epochs=1000", "--output", "shortened"};
    try (TrainerProcess process =
        TrainerProcess.start(folder, concatenate(command, "--set=training.max_iterations=null"))) {
      process.await("checkpoint", () -> Files.exists(run.resolve("latest.zip")));
      try (FileChannel corpus =
          FileChannel.open(run.resolve("corpus.bin"), StandardOpenOption.WRITE)) {
        corpus.truncate(0);
      }
      Result result = process.end();
      assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
      assertThat(result.error())
          .startsWith("error: a file that is mapped into memory, such as the corpus.bin of a run,")
          .endsWith("; the same command makes the corpus.bin again")
          .doesNotContain("\tat ");
    }
    assertThat(RunContents.events(run, "failed")).hasSize(1);
    try (TrainerProcess again = TrainerProcess.start(folder, command)) {
      again.awaitError("output    shortened (");
    }
  }

  @Test
  void requiredResumeNeedsARun() {
    assertRefused(
        train("nothing", "--resume", "required"),
        "nothing: there is no run to go on with: leave out --resume required to begin one");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @Test
  void newRunMovesTheOldAside() throws IOException {
    assertDone(train("twice"));
    byte[] first = Files.readAllBytes(folder.resolve("twice/latest.zip"));

    Result second = train("twice", "--set=seed=8", "--resume", "never");

    assertDone(second);
    assertThat(second.err()).contains("the run that was in twice is now in twice.1\n");
    assertThat(folder.resolve("twice.1/latest.zip")).hasBinaryContent(first);
    assertThat(folder.resolve("twice/latest.zip")).exists();
    assertThat(second.err()).contains("output    twice (new run)");
    assertThat(folder.resolve("twice/corpus.bin"))
        .hasSameBinaryContentAs(folder.resolve("twice.1/corpus.bin"));
    assertThat(folder.resolve("twice.1/lock")).isEmptyFile();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data.corpus=missing.txt",
        "data.vocabulary=missing.json",
        "samples.prime='\u20ac'",
        "training.batch_size=100000"
      })
  void failedStartLeavesTheRunThatItWasToReplace(String setting) {
    RunContents before = RunContents.of(folder.resolve("done"));

    Result result = train("done", "--resume", "never", "--set=" + setting);

    assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
    assertThat(folder.resolve("done.1")).doesNotExist();
    assertThat(RunContents.of(folder.resolve("done"))).isEqualTo(before);
  }

  @Test
  void foreignDirectoryIsRefused() throws IOException {
    Path foreign = Files.createDirectory(folder.resolve("foreign"));
    Files.writeString(foreign.resolve("thesis.tex"), "years of work");

    assertRefused(
        train("foreign"),
        "foreign: is not a run directory (it holds thesis.tex and no config.yml): name another with --output");
    assertThat(foreign).isDirectoryNotContaining("glob:**.zip");
  }

  @Test
  void secondTrainerIsRefused() {
    String[] command = {SmallJob.FILE, "--set=training.epochs=1000", "--output", "busy"};
    command = concatenate(command, "--set=training.max_iterations=null");
    try (TrainerProcess first = TrainerProcess.start(folder, command)) {
      first.awaitError("output    busy");
      for (String mode : List.of("auto", "never")) {
        Result second = TrainerProcess.run(folder, concatenate(command, "--resume", mode));

        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.error())
            .matches(
                "error: busy: another trainer is writing here \\(host \\S+, process \\d+\\): wait for it, stop it,"
                    + " or name another run directory with --output");
      }
      assertThat(first.isAlive()).isTrue();
    }
  }

  /** As another machine does where the file system has no locks. */
  @Test
  void aRunThatAnotherHasTakenIsLeftToIt() throws IOException {
    String[] command = {SmallJob.FILE, "--set=training.epochs=1000", "--output", "taken"};
    command = concatenate(command, "--set=training.max_iterations=null");
    Path run = folder.resolve("taken");
    try (TrainerProcess first = TrainerProcess.start(folder, command)) {
      first.await("checkpoint", () -> Files.exists(run.resolve("latest.zip")));
      Files.writeString(run.resolve("lock"), "host elsewhere, process 7\n");

      Result result = first.end();
      assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
      assertThat(result.error())
          .isEqualTo(
              "error: taken: is no longer this trainer's (host elsewhere, process 7): this machine was cut off"
                  + " from the file system for a while, or that has no locks; let the other trainer go"
                  + " on, or begin again");
    }
    assertThat(run.resolve("lock")).hasContent("host elsewhere, process 7\n");
    assertThat(RunContents.events(run, "failed")).isEmpty();
  }

  @Test
  void beginsWithTheWeightsOfAnotherRun() {
    Result result =
        train("tuned", "--init-from", "done", "--set=model.layers=" + layers(16, 0.0, 12));

    assertDone(result);
    assertThat(result.err()).contains("weights of done/best.zip\n").contains("(new run)");
    // The first report is far below that of fresh weights.
    double fresh = Double.parseDouble(RunContents.rows(folder.resolve("done")).get(0)[TRAIN_LOSS]);
    double tuned = Double.parseDouble(RunContents.rows(folder.resolve("tuned")).get(0)[TRAIN_LOSS]);
    assertThat(tuned).isLessThan(fresh - 0.2);
    assertThat(
            train("tuned", "--init-from", "done", "--set=model.layers=" + layers(16, 0.0, 12))
                .err())
        .contains("--init-from done: only for the beginning of a run; this one goes on\n");
  }

  private static String layers(int first, double dropout, int second) {
    return "[{type: gru, size: %d, dropout: %s}, {type: graves_lstm, size: %d}]"
        .formatted(first, dropout, second);
  }

  @Test
  void weightsOfOtherShapesAreRefused() {
    assertRefused(
        train("shapes", "--init-from", "done", "--set=model.layers=" + layers(20, 0.2, 12)),
        "--init-from done: its layers are gru 16 + graves_lstm 12, and model.layers is gru 20 + graves_lstm 12:"
            + " make them the same");
    assertThat(folder.resolve("shapes/config.yml")).doesNotExist();
  }

  @Test
  void weightsOfAnotherVocabularyAreRefusedAndAKeptOneHelps() throws IOException {
    String fewer = SmallJob.text(20_000, 5).replace(";", "").replace(".", "");
    Files.writeString(folder.resolve("fewer.txt"), fewer);
    String corpus = "--set=data.corpus=fewer.txt";

    assertRefused(
        train("fewer", "--init-from", "done/best.zip", corpus),
        "--init-from done/best.zip: its vocabulary of 29 characters is not that of this corpus, which has 27: keep"
            + " it with --set data.vocabulary=done/vocabulary.json");
    Result kept =
        train(
            "fewer",
            "--init-from",
            "done/best.zip",
            corpus,
            "--set=data.vocabulary=done/vocabulary.json");
    assertDone(kept);
    assertThat(folder.resolve("fewer/vocabulary.json"))
        .hasSameTextualContentAs(folder.resolve("done/vocabulary.json"));
  }

  /** The same characters under other numbers would turn what the network learnt into noise. */
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
        .startsWith("error: kept: was trained with another vocabulary (")
        .endsWith("): restore the vocabulary, or name another directory with --output");
  }

  @Test
  void keptVocabularyRefusesCharactersItDoesNotHave() throws IOException {
    Files.writeString(folder.resolve("more.txt"), "home\nthe façade\n" + SmallJob.text(20_000, 5));

    Result result = train("more", "--set=data.corpus=more.txt", "--set=data.vocabulary=done");

    assertRefused(
        result,
        ("%s:2: 'ç' (U+00E7), character 12 of the file, is not in the vocabulary of 29 characters; set"
                + " data.unknown: replace, or train a new vocabulary without data.vocabulary")
            .formatted(folder.resolve("more.txt")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e2", "1e4"})
  void divergenceThatLowerRatesDoNotEndStopsWithAdviceAndKeepsEarlierCheckpoints(String rate) {
    String directory = "diverged-" + rate;
    Result result =
        train(
            directory,
            "--set=checkpoints.every_iterations=1",
            "--set=evaluation.every_iterations=1000",
            "--set=training.gradient_clipping=none",
            "--set=training.optimizer={type: sgd, learning_rate: %s}".formatted(rate));

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.error())
        .matches(
            "error: training diverged at iteration \\d+: loss \\S+ nats per character, gradient norm \\S+ \\(running"
                + " loss \\S+, guessing 3\\.3673\\)\\. Lower training\\.optimizer\\.learning_rate \\(it was \\S+\\)"
                + " or training\\.gradient_clipping; the checkpoints before it are good; it was lowered 3 times");
    Path run = folder.resolve(directory);
    assertThat(run.resolve("model.zip")).doesNotExist();
    assertThat(run.resolve("events.jsonl")).content().contains("\"kind\":\"failed\"");
    assertThat(RunContents.events(run, "rolled_back"))
        .extracting(event -> event.at("/details/learning_rate_factor").asDouble())
        .containsExactly(0.5, 0.25, 0.125);
    assertThat(TrainerProcess.run(folder, "sample", directory, "--length", "5").exitCode())
        .isZero();
  }
}
