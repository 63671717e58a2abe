package trainer.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.nd4j.linalg.factory.Nd4j;
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
import trainer.network.CharacterNetwork;
import trainer.text.Segment;
import trainer.training.EngineSelection;

/** Trains with this program, as its training loop does. */
final class CharacterTrainer implements Side {
  private final CharacterNetwork network;
  private final Segment[] segments = new Segment[Workload.SEGMENTS];
  private final boolean carried;

  private CharacterTrainer(Workload.Given given, int threads) {
    Workload workload = given.workload();
    carried = workload.carried();
    Configuration configuration = configuration(workload, threads);
    EngineSelection selection =
        EngineSelection.of(configuration.compute()).fitted(configuration, workload.vocabulary());
    network =
        new CharacterNetwork(
            configuration, workload.vocabulary(), selection.type(), selection::engine);
    float[] parameters = given.parameters();
    network.setParams(Nd4j.createFromArray(parameters).reshape(1, parameters.length));
    for (int i = 0; i < segments.length; i++) {
      segments[i] =
          new Segment(
              workload.length(), workload.lanes(), given.characters(i, 0), given.characters(i, 1));
    }
  }

  private static Configuration configuration(Workload workload, int threads) {
    Layer.CellType cell =
        switch (workload.cell()) {
          case LSTM -> Layer.CellType.LSTM;
          case GRAVES_LSTM -> Layer.CellType.GRAVES_LSTM;
          case GRU -> Layer.CellType.GRU;
        };
    List<Layer> layers =
        Collections.nCopies(workload.layers(), new Layer(cell, workload.size(), 0));
    return new Configuration(
        "benchmark",
        1,
        new Data(
            List.of("none"),
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
        new Model(layers, 1, new Initializer.Uniform(0.1)),
        new Training(
            workload.lanes(),
            workload.length(),
            null,
            1,
            null,
            null,
            new Optimizer.Adam(Workload.LEARNING_RATE, 0.9, 0.999, 1e-8),
            new Schedule.Constant(0),
            new GradientClipping.Norm(Workload.CLIPPING_NORM),
            new Training.EarlyStopping(null, 0)),
        new Evaluation(500),
        new Checkpoints(500, null, 3, 1, null),
        new Samples(500, 300, List.of(1.0), null, true),
        new TensorBoard(null),
        new MlFlow(null, "benchmark"),
        new Compute(Compute.EngineType.CPU, threads, null, workload.bfloat16() ? Compute.Precision.BFLOAT16 : Compute.Precision.FLOAT32));
  }

  @Override
  public double step(int segment) {
    if (!carried) {
      network.engine().clearState();
    }
    return network.fit(segments[segment]).loss();
  }

  /** {@code CharacterTrainer WORKLOAD_FILE THREADS}. */
  public static void main(String[] arguments) throws IOException {
    Workload.Given given = Workload.Given.read(Path.of(arguments[0]));
    new CharacterTrainer(given, Integer.parseInt(arguments[1])).serve();
  }
}
