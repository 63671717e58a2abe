package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.run.RunException;

final class NetworkSizeTest {
  private static final int VOCABULARY = 17;

  static List<Configuration> everyCellAndOptimizer() {
    List<Configuration> all = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      all.add(configuration(Networks.ADAM, new Layer(cell, 5, 0), new Layer(cell, 3, 0)));
    }
    for (Optimizer optimizer :
        List.of(
            new Optimizer.AdamW(0.01, 0.9, 0.999, 1e-8, 0.1),
            new Optimizer.RmsProp(0.01, 0.9, 1e-8),
            new Optimizer.Sgd(0.1, 0.9),
            new Optimizer.Sgd(0.1, 0))) {
      all.add(configuration(optimizer, Networks.mixed()));
    }
    return all;
  }

  private static Configuration configuration(Optimizer optimizer, Layer... layers) {
    return Configurations.of(List.of(layers), 2, 3, optimizer, new GradientClipping.Norm(5));
  }

  @ParameterizedTest
  @MethodSource("everyCellAndOptimizer")
  void isThatOfTheNetwork(Configuration configuration) {
    try (CharacterNetwork network = Networks.nd4j(configuration, VOCABULARY, DataType.FLOAT)) {
      INDArray state = network.updaterState();

      assertThat(
              NetworkSize.of(
                  configuration.model(), configuration.training().optimizer(), VOCABULARY))
          .isEqualTo(new NetworkSize(network.numParams(), state == null ? 0 : state.length()));
    }
  }

  /** ND4J would end the process. */
  @ParameterizedTest
  @ValueSource(ints = {60_000, Integer.MAX_VALUE})
  void aNetworkBeyondAllArraysIsRefused(int units) {
    Configuration huge = configuration(Networks.ADAM, new Layer(CellType.GRU, units, 0));
    assertThatThrownBy(() -> Networks.nd4j(huge, VOCABULARY, DataType.FLOAT))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("choose smaller layers");
  }

  @Test
  void overflowGivesTheLargestCount() {
    Layer huge = new Layer(CellType.LSTM, Integer.MAX_VALUE, 0);
    Model model = new Model(List.of(huge, huge), 1, new Initializer.Xavier());

    assertThat(NetworkSize.of(model, Networks.ADAM, VOCABULARY))
        .isEqualTo(new NetworkSize(Long.MAX_VALUE, Long.MAX_VALUE));
  }
}
