package trainer.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.Engine;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.CharacterNetwork;
import trainer.run.RunException;

/** Model zips of stock Deeplearning4j. */
@SuppressWarnings("deprecation") // GravesLSTM
final class Dl4jModelTest {
  private static final int VOCABULARY = 6;

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void start() {
    Nd4jBackend.start(1);
    file = folder.resolve("model.zip");
  }

  private static MultiLayerNetwork stock(Activation activation) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .activation(activation)
                .list()
                .layer(new GravesLSTM.Builder().nIn(VOCABULARY).nOut(5).build())
                .layer(new LSTM.Builder().nIn(5).nOut(4).build())
                .layer(new SimpleRnn.Builder().nIn(4).nOut(7).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nIn(7)
                        .nOut(VOCABULARY)
                        .build())
                .build());
    network.init();
    return network;
  }

  @Test
  void aStockModelPredictsTheSameHere() throws IOException {
    MultiLayerNetwork stock = stock(Activation.TANH);
    ModelSerializer.writeModel(stock, file.toFile(), true);
    try (ImportedNetwork imported = ImportedNetwork.open(file);
        CharacterNetwork network =
            Networks.nd4j(
                Networks.configuration(1, 5, imported.layers().toArray(Layer[]::new)),
                imported.vocabulary(),
                DataType.FLOAT)) {
      assertThat(imported.layers())
          .containsExactly(
              new Layer(CellType.GRAVES_LSTM, 5, 0),
              new Layer(CellType.LSTM, 4, 0),
              new Layer(CellType.SIMPLE_RNN, 7, 0));
      network.setParams(imported.parameters().like(network.params()));
      try (Engine.Session session = network.session(1)) {
        for (int character : new int[] {0, 3, 5, 5, 1, 2, 4, 0}) {
          INDArray input = Nd4j.zeros(1, VOCABULARY, 1);
          input.putScalar(0, character, 0, 1);
          float[] expected = stock.rnnTimeStep(input).ravel().toFloatVector();
          float[] logProbabilities = session.next(new int[] {character});
          for (int i = 0; i < VOCABULARY; i++) {
            assertThat(Math.exp(logProbabilities[i])).isCloseTo(expected[i], within(1e-6));
          }
        }
      }
    }
    stock.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          org.deeplearning4j.nn.conf.layers.GravesLSTM | evil.Layer | its layer 0 is 'evil.Layer', not a GravesLSTM, LSTM or SimpleRnn of Deeplearning4j 1.0.0
          ActivationTanH | ActivationReLU | its layer 0 has the activationFn 'org.nd4j.linalg.activations.impl.ActivationReLU'
          ActivationSigmoid | ActivationHardSigmoid | its layer 0 has the gateActivationFn
          ActivationSoftmax | ActivationSigmoid | its layer 3 has the activationFn
          RnnOutputLayer | OutputLayer | its layer 3 is 'org.deeplearning4j.nn.conf.layers.OutputLayer', not an RnnOutputLayer
          "nout" : 4 | "nout" : 3 | its layer 2 does not have the 3 inputs of the layer below
          "nout" : 7 | "nout" : 0 | its layer 2 has no valid 'nout'
          "nout" : 7 | "nout" : 1e99 | its layer 2 has no valid 'nout'
          "nin" : 6 | "nin" : 5 | its layer 3 has 6 outputs, and the network 5 inputs
          "confs" | "others" | it has no recurrent layers
          "confs" | confs | configuration.json is not JSON
          """)
  void anotherNetworkIsRefused(String from, String to, String message) throws IOException {
    write(from, to);
    assertThatThrownBy(() -> ImportedNetwork.open(file).close())
        .isInstanceOf(RunException.class)
        .hasMessageContaining(message);
  }

  @Test
  void parametersOfAnotherShapeAreRefused() throws IOException {
    write("\"nout\" : 5", "\"nout\" : 20000", "\"nin\" : 5", "\"nin\" : 20000");
    try (ImportedNetwork imported = ImportedNetwork.open(file)) {
      assertThatThrownBy(imported::parameters)
          .isInstanceOf(RunException.class)
          .hasMessageContaining("and the network that its configuration describes ");
    }
  }

  /** A stock model whose configuration is changed. */
  private void write(String... fromAndTo) throws IOException {
    Path honest = folder.resolve("honest.zip");
    MultiLayerNetwork stock = stock(Activation.TANH);
    ModelSerializer.writeModel(stock, honest.toFile(), false);
    stock.close();
    try (ZipFile zip = new ZipFile(honest.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (ZipEntry entry : zip.stream().toList()) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        try (InputStream in = zip.getInputStream(entry)) {
          byte[] content = in.readAllBytes();
          if (entry.getName().equals("configuration.json")) {
            String text = new String(content, StandardCharsets.UTF_8);
            for (int i = 0; i < fromAndTo.length; i += 2) {
              assertThat(text).contains(fromAndTo[i]);
              text = text.replace(fromAndTo[i], fromAndTo[i + 1]);
            }
            content = text.getBytes(StandardCharsets.UTF_8);
          }
          out.write(content);
        }
      }
    }
  }
}
