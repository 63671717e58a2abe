package trainer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import trainer.config.Checkpoints;
import trainer.config.Compute;
import trainer.config.Configuration;
import trainer.config.Data;
import trainer.config.Evaluation;
import trainer.config.GradientClipping;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.MlFlow;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.config.Samples;
import trainer.config.Schedule;
import trainer.config.TensorBoard;
import trainer.config.Training;

/** Configurations for tests. */
public final class Configurations {
  private Configurations() {}

  /** A configuration of the given network and training; other values are arbitrary. */
  public static Configuration of(
      List<Layer> layers, int lanes, int length, Optimizer optimizer, GradientClipping clipping) {
    return new Configuration(
        "test",
        1,
        new Data(
            List.of("corpus.txt"),
            null,
            null,
            StandardCharsets.UTF_8,
            null,
            Data.Normalization.NONE,
            Data.Newlines.LF,
            null,
            Data.UnknownCharacters.ERROR,
            Data.Shuffle.NONE,
            List.of(0.9, 0.1, 0.0),
            1),
        new Model(layers, 1, new Initializer.Uniform(0.3)),
        new Training(
            lanes,
            length,
            null,
            1,
            null,
            null,
            optimizer,
            new Schedule.Constant(0),
            clipping,
            new Training.EarlyStopping(null, 0)),
        new Evaluation(500),
        new Checkpoints(500, null, 3, 1, null),
        new Samples(500, 300, List.of(1.0), null, true),
        new TensorBoard(null),
        new MlFlow(null, "character-rnn"),
        new Compute(Compute.EngineType.ND4J, 0, 0, Compute.Precision.FLOAT32));
  }

  /** A configuration with another seed, network and training. */
  public static Configuration with(Configuration from, long seed, Model model, Training training) {
    return new Configuration(
        from.name(),
        seed,
        from.data(),
        model,
        training,
        from.evaluation(),
        from.checkpoints(),
        from.samples(),
        from.tensorboard(),
        from.mlflow(),
        from.compute());
  }
}
