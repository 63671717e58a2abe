package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.TrainerProcess.Result;

/** New runs: in a directory that is not empty, or with the weights of another run. */
@Tag("slow")
final class NewRunTest extends ShortRuns {
  private static final int TRAIN_LOSS = 4; // column of metrics.csv

  /** A finished run of 20 iterations, not modified by tests. */
  @BeforeAll
  void trainDone() {
    assertDone(train("done"));
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
  void newRunMovesTheOldAside() throws IOException {
    assertDone(train("twice"));
    byte[] first = Files.readAllBytes(folder.resolve("twice/latest.zip"));

    Result second = train("twice", "--set=seed=8", "--resume", "never");

    assertDone(second);
    assertThat(second.err()).contains("the run in twice was renamed to twice.1\n");
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
        "foreign: is not a run directory (it contains thesis.tex and no config.yml): name another with --output");
    assertThat(foreign).isDirectoryNotContaining("glob:**.zip");
  }

  @Test
  void startsWithTheWeightsOfAnotherRun() {
    Result result =
        train("tuned", "--init-from", "done", "--set=model.layers=" + layers(16, 0.0, 12));

    assertDone(result);
    assertThat(result.err()).contains("weights of done/best.zip\n").contains("(new run)");
    // The first loss is far below that of random weights.
    double fresh = Double.parseDouble(RunContents.rows(folder.resolve("done")).get(0)[TRAIN_LOSS]);
    double tuned = Double.parseDouble(RunContents.rows(folder.resolve("tuned")).get(0)[TRAIN_LOSS]);
    assertThat(tuned).isLessThan(fresh - 0.2);
    assertThat(
            train("tuned", "--init-from", "done", "--set=model.layers=" + layers(16, 0.0, 12))
                .err())
        .contains("--init-from done: ignored, since this run resumes with its own weights\n");
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
        "--init-from done/best.zip: its vocabulary of 29 characters differs from this corpus's, which has 27: add"
            + " --extend-vocabulary to keep its characters and add those that are new");
    Result kept = train("fewer", "--init-from", "done/best.zip", corpus, "--extend-vocabulary");
    assertDone(kept);
    assertThat(folder.resolve("fewer/vocabulary.json"))
        .hasSameTextualContentAs(folder.resolve("done/vocabulary.json"));
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
}
