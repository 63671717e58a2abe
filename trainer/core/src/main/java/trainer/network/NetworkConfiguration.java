package trainer.network;

import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.config.Training;
import trainer.layer.Gru;
import trainer.run.RunException;

/**
 * The Deeplearning4j configuration of a character network: the recurrent layers, then a softmax
 * over the vocabulary. Only {@link Gru} is our own, so models without it open in plain
 * Deeplearning4j.
 */
public final class NetworkConfiguration {
  /** The classes that the JSON of such a configuration names. */
  public static final Set<String> CLASSES =
      Set.of(
          "org.deeplearning4j.nn.conf.dropout.Dropout",
          "org.deeplearning4j.nn.conf.layers.GravesLSTM",
          "org.deeplearning4j.nn.conf.layers.LSTM",
          "org.deeplearning4j.nn.conf.layers.RnnOutputLayer",
          "org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn",
          "org.deeplearning4j.nn.weights.WeightInitXavier",
          "org.nd4j.linalg.activations.impl.ActivationSigmoid",
          "org.nd4j.linalg.activations.impl.ActivationSoftmax",
          "org.nd4j.linalg.activations.impl.ActivationTanH",
          "org.nd4j.linalg.learning.config.Adam",
          "org.nd4j.linalg.learning.config.Nesterovs",
          "org.nd4j.linalg.learning.config.RmsProp",
          "org.nd4j.linalg.learning.config.Sgd",
          "org.nd4j.linalg.lossfunctions.impl.LossMCXENT",
          "trainer.layer.Gru");

  private NetworkConfiguration() {}

  static MultiLayerConfiguration of(
      Model model, Training training, long seed, int vocabulary, DataType type) {
    NetworkSize size = NetworkSize.of(model, training.optimizer(), vocabulary);
    if (Math.max(size.parameters(), size.updaterState()) > Integer.MAX_VALUE) {
      throw new RunException(
          "model.layers: too large: parameters, and the optimizer's averages of them, are at most"
              + " 2,147,483,647 each: choose smaller layers"); // the length of an array
    }
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .dataType(type)
            .activation(Activation.TANH)
            .updater(updater(training.optimizer()))
            .trainingWorkspaceMode(WorkspaceMode.ENABLED)
            .inferenceWorkspaceMode(WorkspaceMode.ENABLED)
            .list();
    List<Layer> layers = model.layers();
    int inputs = vocabulary;
    double dropout = 0;
    for (Layer layer : layers) {
      list.layer(
          recurrent(layer, model.forgetGateBias())
              .nIn(inputs)
              .nOut(layer.size())
              .dropOut(retained(dropout))
              .build());
      inputs = layer.size();
      dropout = layer.dropout();
    }
    list.layer(
        new RnnOutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
            .activation(Activation.SOFTMAX)
            .nIn(inputs)
            .nOut(vocabulary)
            .dropOut(retained(dropout))
            .build());
    return list.backpropType(BackpropType.TruncatedBPTT)
        .tBPTTLength(training.sequenceLength())
        .build();
  }

  /**
   * Deeplearning4j's dropout is the probability of keeping an input of the next layer; 0 disables
   * it.
   */
  private static double retained(double dropout) {
    return dropout == 0 ? 0 : 1 - dropout;
  }

  @SuppressWarnings(
      "deprecation") // GravesLSTM: deprecated for want of a cuDNN kernel, not of correctness
  private static BaseRecurrentLayer.Builder<?> recurrent(Layer layer, double forgetGateBias) {
    return switch (layer.type()) {
      case GRAVES_LSTM -> new GravesLSTM.Builder().forgetGateBiasInit(forgetGateBias);
      case LSTM -> new LSTM.Builder().forgetGateBiasInit(forgetGateBias);
      case GRU -> new Gru.Builder();
      case SIMPLE_RNN -> new SimpleRnn.Builder();
    };
  }

  /** The updater whose state has the same layout as the optimizer's. */
  private static IUpdater updater(Optimizer optimizer) {
    if (optimizer instanceof Optimizer.Adam adam) {
      return new Adam(adam.learningRate(), adam.beta1(), adam.beta2(), adam.epsilon());
    } else if (optimizer instanceof Optimizer.AdamW adam) {
      return new Adam(adam.learningRate(), adam.beta1(), adam.beta2(), adam.epsilon());
    } else if (optimizer instanceof Optimizer.RmsProp rmsProp) {
      return new RmsProp(rmsProp.learningRate(), rmsProp.decay(), rmsProp.epsilon());
    } else if (optimizer instanceof Optimizer.Sgd sgd) {
      return sgd.momentum() == 0
          ? new Sgd(sgd.learningRate())
          : new Nesterovs(sgd.learningRate(), sgd.momentum());
    }
    throw new IllegalArgumentException("no updater for " + optimizer);
  }
}
