package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Optimizer;
import trainer.network.CharacterNetwork;

/** The hostile ones are in {@link HostileTextsTest}. */
final class NetworkJsonTest {
  static List<Configuration> everyCellAndOptimizer() {
    List<Configuration> all = new ArrayList<>();
    for (Optimizer optimizer :
        List.of(
            Networks.ADAM,
            new Optimizer.AdamW(0.01, 0.9, 0.999, 1e-8, 0.1),
            new Optimizer.RmsProp(0.01, 0.9, 1e-8),
            new Optimizer.Sgd(0.1, 0.9),
            new Optimizer.Sgd(0.1, 0))) {
      List<Layer> layers = List.of(Networks.mixed());
      all.add(Configurations.of(layers, 2, 3, optimizer, new GradientClipping.Norm(5)));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("everyCellAndOptimizer")
  void everyNetworkOfThisProgramIsAllowed(Configuration configuration) {
    try (CharacterNetwork network = Networks.nd4j(configuration, 5, DataType.FLOAT)) {
      String json = network.getLayerWiseConfigurations().toJson();
      assertThatCode(() -> NetworkJson.check(json, "the JSON")).doesNotThrowAnyException();
    }
  }
}
