package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.OneHotText;
import trainer.engine.RandomText;

/** Writing and reading a network with Deeplearning4j's ModelSerializer. */
class ModelFileTest {
  private static final int VOCABULARY = 7;
  private static final int LANES = 3;

  @TempDir private Path directory;

  private static CharacterNetwork trained(Layer... layers) {
    CharacterNetwork network =
        Networks.nd4j(Networks.configuration(LANES, 5, layers), VOCABULARY, DataType.FLOAT);
    RandomText.segments(VOCABULARY, LANES, 1, 5, 5).forEach(network::fit);
    return network;
  }

  private MultiLayerNetwork reopened(CharacterNetwork network) throws IOException {
    Path file = directory.resolve("model.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    return ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
  }

  private static DataSet text() {
    return OneHotText.dataSet(
        RandomText.segments(VOCABULARY, LANES, 2, 9).get(0), VOCABULARY, DataType.FLOAT);
  }

  @Test
  void aNetworkOfAllCellsComesBackWhole() throws IOException {
    CharacterNetwork network = trained(Networks.mixed());
    MultiLayerNetwork reopened = reopened(network);
    INDArray features = text().getFeatures();
    assertThat(reopened.params()).isEqualTo(network.params());
    assertThat(reopened.updaterState()).isEqualTo(network.updaterState());
    assertThat(reopened.getIterationCount()).isEqualTo(2);
    assertThat(reopened.getLayerWiseConfigurations())
        .isEqualTo(network.getLayerWiseConfigurations());
    assertThat(reopened.output(features)).isEqualTo(network.output(features));
  }

  @ParameterizedTest
  @EnumSource(names = {"GRAVES_LSTM", "LSTM", "SIMPLE_RNN"})
  void plainDeeplearning4jOpensItAndTrainsOn(CellType cell) throws IOException {
    CharacterNetwork network = trained(new Layer(cell, 6, 0.2), new Layer(cell, 4, 0));
    String json = network.getLayerWiseConfigurations().toJson();
    List<String> classes = new ObjectMapper().readTree(json).findValuesAsText("@class");
    assertThat(classes)
        .isNotEmpty()
        .allMatch(name -> name.matches("org\\.(deeplearning4j|nd4j)\\..*"));
    assertThat(json).doesNotContain("\"trainer.");

    MultiLayerNetwork reopened = reopened(network);
    INDArray features = text().getFeatures();
    assertThat(reopened).isExactlyInstanceOf(MultiLayerNetwork.class);
    assertThat(reopened.output(features)).isEqualTo(network.output(features));

    INDArray before = reopened.params().dup();
    reopened.fit(text());
    assertThat(reopened.score()).isFinite();
    assertThat(reopened.params()).isNotEqualTo(before);
    assertThat(reopened.params().isNaN().any()).isFalse();
  }

  /** Model files contain this class name, so it must not change. */
  @Test
  void theGruIsStoredUnderItsName() {
    String json = trained(new Layer(CellType.GRU, 4, 0)).getLayerWiseConfigurations().toJson();
    assertThat(json).contains("\"trainer.layer.Gru\"");
  }
}
