package trainer.examples;

import java.nio.file.Path;
import java.util.List;
import trainer.config.Configuration;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.job.TrainingJob;
import trainer.job.TrainingResult;

/** Trains a run from another program: {@code EmbeddedTraining TEXT RUN}. */
public final class EmbeddedTraining {
  private EmbeddedTraining() {}

  /** Trains on a text, and leaves a run directory. */
  public static void main(String[] arguments) {
    train(Path.of(arguments[0]), Path.of(arguments[1]));
  }

  static TrainingResult train(Path text, Path run) {
    // Every key has its default; the same could be read from YAML by ConfigurationLoader.
    Configuration defaults = Configuration.of("embedded", text);
    Configuration configuration =
        defaults
            .with(
                new Model(
                    List.of(new Layer(CellType.GRU, 64, 0.1), new Layer(CellType.LSTM, 64, 0.0)),
                    1.0, // bias of the forget gates
                    new Initializer.Xavier()))
            .with(defaults.training().withBatches(16, 32).withIterations(200));

    TrainingResult result =
        new TrainingJob(configuration, run) // resumes a run that is already there
            .listener(
                state -> {
                  if (state.iteration() % 50 == 0) {
                    System.out.printf("%4d  %.3f nats%n", state.iteration(), state.runningLoss());
                  }
                })
            .run();

    System.out.printf(
        "%s after %s: best validation loss %.3f nats per character%n",
        result.outcome(), result.reason(), result.progress().validation().bestLoss());
    return result;
  }
}
