package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New runs with the weights of another: its optimizer, and a larger vocabulary. */
final class InitializedRunTest {
  private static final int EPOCH = 29; // iterations

  @TempDir private Path folder;

  @BeforeEach
  void write() {
    SmallJob.write(folder, 4_000);
  }

  private InProcess train(String run, int iterations, String... more) {
    String[] command = {
      folder.resolve(SmallJob.FILE).toString(),
      "--output=" + folder.resolve(run),
      "--set=training.max_iterations=" + iterations,
      "--set=model.layers=[{type: gru, size: 16}, {type: graves_lstm, size: 12}]",
    };
    return InProcess.run(SmallJob.with(command, more));
  }

  private String from(String run) {
    return "--init-from=" + folder.resolve(run);
  }

  private byte[] entry(String run, String name) {
    return RunContents.entries(folder.resolve(run).resolve("latest.zip")).get(name);
  }

  /** At the start of an epoch there is no carried state: moments and weights are everything. */
  @Test
  void aNewRunWithWeightsAndMomentsTrainsLikeTheResumedOne() {
    assertThat(train("first", EPOCH).err()).contains(" 29 iterations of 16 characters per epoch");
    InProcess kept = train("kept", 10, from("first/latest.zip"), "--keep-optimizer");
    assertThat(kept.exitCode()).as(kept.err()).isZero();
    // Stopped, as it were, and resumed: the count of updates is in the checkpoint.
    assertThat(train("kept", EPOCH).exitCode()).isZero();
    assertThat(train("without", EPOCH, from("first/latest.zip")).exitCode()).isZero();
    assertThat(train("first", 2 * EPOCH).exitCode()).isZero();

    for (String entry : List.of("coefficients.bin", "updaterState.bin")) {
      assertThat(entry("kept", entry)).as(entry).isEqualTo(entry("first", entry));
      assertThat(entry("without", entry)).as(entry).isNotEqualTo(entry("first", entry));
    }
  }

  @Test
  void momentsOfAnotherOptimizerAreRefused() {
    assertThat(train("first", 4).exitCode()).isZero();
    for (String optimizer : List.of("rmsprop", "{type: sgd, momentum: 0.0}")) {
      InProcess refused =
          train(
              "refused",
              4,
              from("first"),
              "--keep-optimizer",
              "--set=training.optimizer=" + optimizer);

      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err())
          .contains(": its optimizer is ")
          .contains("leave out --keep-optimizer");
      assertThat(folder.resolve("refused/config.yml")).doesNotExist();
    }
    assertThat(
            train("w", 4, from("first"), "--keep-optimizer", "--set=training.optimizer=adamw")
                .exitCode())
        .isZero();
  }

  @Test
  void theOptionsNeedARunToStartFrom() {
    for (String option : List.of("--keep-optimizer", "--extend-vocabulary")) {
      InProcess refused = train("refused", 4, option);
      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err()).contains(option + ": needs --init-from RUN");
    }
  }

  @Test
  void anExtendedVocabularyKeepsItsCharactersAndIsResumed() throws IOException {
    assertThat(train("first", 8).exitCode()).isZero();
    Path corpus = folder.resolve("corpus.txt");
    Files.writeString(corpus, Files.readString(corpus) + "¡Ünd möre!\n");
    assertThat(train("refused", 8, from("first")).err())
        .contains("add --extend-vocabulary to keep its characters and add those that are new");

    InProcess extended = train("extended", 4, from("first"), "--extend-vocabulary");

    assertThat(extended.exitCode()).as(extended.err()).isZero();
    assertThat(extended.err()).contains("characters added to the vocabulary: 4\n");
    byte[] encoded = Files.readAllBytes(folder.resolve("extended/corpus.bin"));
    InProcess resumed = train("extended", 12);
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("(resuming at iteration 4 of 12)");
    assertThat(folder.resolve("extended/corpus.bin")).hasBinaryContent(encoded);
    // The encoded text is made again in the same order.
    Files.delete(folder.resolve("extended/corpus.bin"));
    assertThat(train("extended", 16).exitCode()).isZero();
    assertThat(folder.resolve("extended/corpus.bin")).hasBinaryContent(encoded);
    String vocabulary = Files.readString(folder.resolve("extended/vocabulary.json"));
    String before = Files.readString(folder.resolve("first/vocabulary.json"));
    assertThat(vocabulary).startsWith(before.substring(0, before.lastIndexOf("\n]")));
  }

  @Test
  void aVocabularyIsNotExtendedAgainstTheConfiguration() {
    assertThat(train("first", 4).exitCode()).isZero();

    InProcess refused =
        train(
            "refused",
            4,
            from("first"),
            "--extend-vocabulary",
            "--set=data.vocabulary=" + folder.resolve("first"));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("add --set data.vocabulary=null");
  }
}
