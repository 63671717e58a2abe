package trainer;

import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.network.CharacterNetwork;

/** Small networks for tests. */
public final class Networks {
  /** An optimizer for tests to which it does not matter. */
  public static final Optimizer ADAM = new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8);

  static {
    Nd4jBackend.start(1);
  }

  private Networks() {}

  /** A configuration of a network whose training does not matter. */
  public static Configuration configuration(int lanes, int length, Layer... layers) {
    return Configurations.of(List.of(layers), lanes, length, ADAM, new GradientClipping.Norm(5));
  }

  /**
   * The configuration with weights drawn so that wide layers are no more excited than narrow ones.
   */
  public static Configuration xavier(Configuration configuration) {
    Model model = configuration.model();
    return Configurations.with(
        configuration,
        configuration.seed(),
        new Model(model.layers(), model.forgetGateBias(), new Initializer.Xavier()),
        configuration.training());
  }

  /** Two layers of a cell. */
  public static Layer[] two(CellType cell, int size) {
    return new Layer[] {new Layer(cell, size, 0), new Layer(cell, size, 0)};
  }

  /** A layer of each cell, of different sizes, with dropout between them. */
  public static Layer[] mixed() {
    return new Layer[] {
      new Layer(CellType.GRAVES_LSTM, 5, 0.3),
      new Layer(CellType.SIMPLE_RNN, 3, 0.1),
      new Layer(CellType.GRU, 7, 0.5),
      new Layer(CellType.LSTM, 4, 0.2)
    };
  }

  /** One of each kind, with an ε so large that no element's rate is next to arbitrary. */
  public static Stream<Optimizer> optimizers() {
    return Stream.of(
        new Optimizer.Adam(0.01, 0.9, 0.99, 1e-4),
        new Optimizer.AdamW(0.01, 0.9, 0.99, 1e-4, 0.2),
        new Optimizer.RmsProp(0.001, 0.9, 1e-4),
        new Optimizer.Sgd(0.1, 0),
        new Optimizer.Sgd(0.1, 0.9));
  }

  /** A network on the reference engine. */
  public static CharacterNetwork nd4j(Configuration configuration, int vocabulary, DataType type) {
    return new CharacterNetwork(configuration, vocabulary, type, Nd4jEngine::new);
  }
}
