package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.Data;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.file.Sha256;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.text.Unknown;
import trainer.text.Vocabulary;

/** The loss of a text. */
final class EvaluationJobTest {
  private static final String TEXT = "from fairest creatures we desire increase\n".repeat(40);

  @TempDir private static Path folder;
  private static Configuration configuration;
  private static SavedNetwork run;

  @BeforeAll
  static void train() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), TEXT);
    Configuration defaults = Configuration.of("small", text);
    configuration =
        defaults
            .with(
                new Model(List.of(new Layer(CellType.LSTM, 6, 0.0)), 1.0, new Initializer.Xavier()))
            .with(defaults.training().withBatches(2, 10).withIterations(60))
            .with(new Compute(EngineType.CPU, 1, 0, Precision.FLOAT32));
    run = trained(configuration, "run");
  }

  private static SavedNetwork trained(Configuration configuration, String directory) {
    new TrainingJob(configuration, folder.resolve(directory)).run();
    return SavedNetwork.open(folder.resolve(directory));
  }

  private static String write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static EvaluationResult evaluate(EvaluationJob job) {
    return job.run().orElseThrow();
  }

  @Test
  void theLossDoesNotDependOnTheBatchesOfTraining() throws IOException {
    String text = write("other.txt", "we desire fairest increase from creatures\n".repeat(50));
    SavedNetwork batched =
        new SavedNetwork(
            run.file(),
            run.checkpoint(),
            configuration.with(configuration.training().withBatches(16, 7)),
            run.vocabulary());

    EvaluationResult found = evaluate(new EvaluationJob(batched).corpus(text));

    assertThat(found.score()).isEqualTo(evaluate(new EvaluationJob(run).corpus(text)).score());
    assertThat(found.score().characters()).isEqualTo(50 * 42 - 1);
  }

  @Test
  void theResultHasTheHashOfTheTextThatWasMeasured() throws IOException {
    write("part1.txt", "we desire\r\n");
    write("part2.txt", "increase\n");

    EvaluationResult other =
        evaluate(new EvaluationJob(run).corpus(folder.resolve("part*.txt").toString()));
    EvaluationResult own = evaluate(new EvaluationJob(run));

    assertThat(other.sha256()).isEqualTo(Sha256.hex("we desire\r\nincrease\n"));
    assertThat(own.sha256()).isEqualTo(Sha256.hex(TEXT));
  }

  @Test
  void aTextOfOneCharacterIsNamed() throws IOException {
    String text = write("one.txt", "w");
    assertThatThrownBy(() -> new EvaluationJob(run).corpus(text).run())
        .isInstanceOf(TextException.class)
        .hasMessage(
            text
                + ": has only one character; measuring a loss needs at least 2: name a longer text");
  }

  /** The order of another run's lines is that run's, though the network knows no line ends. */
  @Test
  void aNetworkWithoutLineEndsMeasuresShuffledLines() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      lines.append("fairest ".repeat(1 + i % 5)).append('\n');
    }
    Path list = Files.writeString(folder.resolve("list.txt"), lines);
    Data data = Configuration.of("list", list).data().with(Data.Shuffle.LINES);
    SavedNetwork shuffled = trained(configuration.with(data), "shuffled");
    Path flat = Files.writeString(folder.resolve("flat.txt"), TEXT.replace('\n', ' '));
    SavedNetwork without =
        trained(configuration.with(Configuration.of("flat", flat).data()), "flat");
    EvaluationJob job =
        new EvaluationJob(without).like(shuffled).unknown(UnknownCharacters.REPLACE);

    EvaluationResult recorded = evaluate(job);
    Files.delete(folder.resolve("shuffled/corpus.bin"));
    EvaluationResult read = evaluate(job);

    assertThat(recorded.unknown().count()).isBetween(3L, 30L);
    assertThat(read.score()).isEqualTo(recorded.score());
    EvaluationResult own = evaluate(new EvaluationJob(shuffled));
    assertThat(recorded.score().characters()).isEqualTo(own.score().characters());
  }

  /** A text that is half Cyrillic costs about half the charge, whatever the model reads. */
  @Test
  void everyModelMeasuresEveryText() throws IOException {
    String text = write("mixed.txt", "we desire \u0432\u0441\u0435\n".repeat(50));

    assertThatThrownBy(() -> new EvaluationJob(run).corpus(text).run())
        .isInstanceOf(TextException.class)
        .hasMessage(
            text
                + ":1: '\u0432' (U+0432), character 11 of the file, is not in the vocabulary of 16"
                + " characters; add --unknown replace, which charges 13.92 nats for each such"
                + " character");
    EvaluationResult found =
        evaluate(new EvaluationJob(run).corpus(text).unknown(UnknownCharacters.REPLACE));

    assertThat(found.unknown()).isEqualTo(new Unknown(150, 50 * 14 - 1));
    assertThat(found.score().characters()).isEqualTo(50 * 14 - 1);
    assertThat(found.score().nats()).isGreaterThan(150 * Math.log(1_112_064));
    assertThat(found.score().correct()).isLessThanOrEqualTo(50 * 14 - 1 - 150);
    assertThat(found.baselines().orElseThrow().unigram())
        .isGreaterThan(150 * Math.log(1_112_064) / (50 * 14 - 1));
  }

  @Test
  void manyUnknownCharactersAreAWarning() throws IOException {
    String text = write("some.txt", "we desire \u0432\n".repeat(50));
    List<String> messages = new ArrayList<>();
    evaluate(
        new EvaluationJob(run)
            .corpus(text)
            .unknown(UnknownCharacters.REPLACE)
            .reporter(messages(messages)));
    assertThat(messages)
        .contains(
            "warning: %s: 50 of 599 characters (8.35 %%) are not in the vocabulary"
                .formatted(text));
  }

  private static JobReporter messages(List<String> messages) {
    return new JobReporter() {
      @Override
      public void message(String message) {
        messages.add(message);
      }
    };
  }

  /** A run with unknown characters in its own validation text is evaluated as it was trained. */
  @Test
  void trainingMeasuresAsTheJobDoes() throws IOException {
    Path text =
        Path.of(write("replaced.txt", "we desire increase\n".repeat(95) + "caf\u00e9 ".repeat(19)));
    Data data = configuration.data();
    SavedNetwork replacing =
        trained(
            configuration.with(
                new Data(
                    List.of(text.toString()),
                    null,
                    null,
                    data.encoding(),
                    data.separator(),
                    data.normalize(),
                    data.newlines(),
                    Files.writeString(
                            folder.resolve("known.json"), Vocabulary.of("\n acdefinrsw?").toJson())
                        .toString(),
                    UnknownCharacters.REPLACE,
                    data.shuffle(),
                    List.of(0.9, 0.1, 0.0),
                    1)),
            "replacing");

    EvaluationResult found = evaluate(new EvaluationJob(replacing));

    assertThat(found.score().unknown()).isEqualTo(19);
    assertThat(found.score().loss())
        .isCloseTo(replacing.checkpoint().progress().validation().bestLoss(), within(1e-9));
    assertThat(replacing.provenance().corpus().get(0).unknown()).isEqualTo(19);
  }

  @Test
  void theSplitOfARunIsMeasuredAlthoughItsSourceHasChanged() throws IOException {
    EvaluationResult expected = evaluate(new EvaluationJob(run));
    SavedNetwork other =
        trained(
            withText(write("cyrillic.txt", "we \u0432\u0441\u0435 desire\n".repeat(120))), "other");
    EvaluationJob like = new EvaluationJob(run).like(other).unknown(UnknownCharacters.REPLACE);
    EvaluationResult compared = evaluate(like);
    Files.writeString(folder.resolve("text.txt"), TEXT + "appended\n");
    Files.delete(folder.resolve("cyrillic.txt"));
    List<String> messages = new ArrayList<>();
    try {
      EvaluationResult found = evaluate(new EvaluationJob(run).reporter(messages(messages)));
      assertThat(found).isEqualTo(expected);
      assertThat(messages)
          .contains(
              "text      %s, as it was trained on".formatted(folder.resolve("run/corpus.bin")));
      assertThat(evaluate(like)).isEqualTo(compared);
      assertThat(compared.score().unknown()).isPositive();

      Path encoded = folder.resolve("run/corpus.bin");
      Files.move(encoded, folder.resolve("corpus.bin"));
      assertThatThrownBy(() -> new EvaluationJob(run).run())
          .isInstanceOf(RunException.class)
          .hasMessageContaining("the corpus has changed since training");
      Files.move(folder.resolve("corpus.bin"), encoded);
    } finally {
      Files.writeString(folder.resolve("text.txt"), TEXT);
    }
  }

  private static Configuration withText(String text) {
    Data data = configuration.data();
    return configuration.with(
        new Data(
            List.of(text),
            null,
            null,
            data.encoding(),
            data.separator(),
            data.normalize(),
            data.newlines(),
            null,
            data.unknown(),
            data.shuffle(),
            data.split(),
            data.splitBlocks()));
  }
}
