package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.file.Sha256;

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
            .with(new Compute(EngineType.CPU, 1, Precision.FLOAT32));
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
}
