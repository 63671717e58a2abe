package trainer.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import trainer.engine.nd4j.Nd4jBackend;

/**
 * Trains with Deeplearning4j's own layers and {@code MultiLayerNetwork.fit}. It starts each segment
 * from zero state, and sums the loss over the steps, which makes no difference to Adam. It does not
 * clip, and the one-hot data sets are prepared in advance: both favour this side.
 */
final class StockDeeplearning4j implements Side {
  private final MultiLayerNetwork network;
  private final List<DataSet> segments = new ArrayList<>();
  private final int length;

  private StockDeeplearning4j(Workload.Given given, int threads, int openBlasThreads) {
    Nd4jBackend.start(threads); // selects the native build for this processor
    Nd4j.factory().blas().setMaxThreads(openBlasThreads);
    Workload workload = given.workload();
    length = workload.length();
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().updater(new Adam(Workload.LEARNING_RATE)).list();
    for (int layer = 0; layer < workload.layers(); layer++) {
      list.layer(recurrent(workload, layer));
    }
    list.layer(
        new RnnOutputLayer.Builder(LossFunction.MCXENT)
            .activation(Activation.SOFTMAX)
            .nIn(workload.size())
            .nOut(workload.vocabulary())
            .build());
    list.backpropType(BackpropType.TruncatedBPTT)
        .tBPTTForwardLength(length)
        .tBPTTBackwardLength(length);
    network = new MultiLayerNetwork(list.build());
    network.init();
    float[] parameters = given.parameters();
    network.setParams(Nd4j.createFromArray(parameters).reshape(1, parameters.length));
    for (int i = 0; i < Workload.SEGMENTS; i++) {
      segments.add(
          new DataSet(
              oneHot(workload, given.characters(i, 0)), oneHot(workload, given.characters(i, 1))));
    }
  }

  @SuppressWarnings("deprecation") // GravesLSTM
  private static Layer recurrent(Workload workload, int layer) {
    int inputs = workload.inputs(layer);
    int size = workload.size();
    return switch (workload.cell()) {
      case LSTM -> new LSTM.Builder().nIn(inputs).nOut(size).activation(Activation.TANH).build();
      case GRAVES_LSTM ->
          new GravesLSTM.Builder().nIn(inputs).nOut(size).activation(Activation.TANH).build();
      case GRU -> throw new IllegalArgumentException("Deeplearning4j has no GRU");
    };
  }

  private static INDArray oneHot(Workload workload, int[] characters) {
    int lanes = workload.lanes();
    INDArray array = Nd4j.zeros(new long[] {lanes, workload.vocabulary(), workload.length()}, 'f');
    for (int i = 0; i < characters.length; i++) {
      array.putScalar(i % lanes, characters[i], i / lanes, 1);
    }
    return array;
  }

  @Override
  public double step(int segment) {
    network.fit(segments.get(segment));
    return network.score() / length;
  }

  /** {@code StockDeeplearning4j WORKLOAD_FILE THREADS}. */
  public static void main(String[] arguments) throws IOException {
    Workload.Given given = Workload.Given.read(Path.of(arguments[0]));
    int openBlasThreads = Integer.parseInt(System.getenv("OPENBLAS_NUM_THREADS"));
    new StockDeeplearning4j(given, Integer.parseInt(arguments[1]), openBlasThreads).serve();
  }
}
