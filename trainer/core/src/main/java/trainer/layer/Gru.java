package trainer.layer;

import java.util.Collection;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A gated recurrent unit as a Deeplearning4j layer configuration: the reset-after variant of cuDNN,
 * PyTorch and Keras, with a recurrent bias. Input and output are [lanes, size, steps].
 *
 * <p>Parameters, column-major: {@code W} [in, 3H], {@code RW} [H, 3H] and {@code b} [3H], each with
 * the gates reset, update, candidate side by side, and {@code rb} [H], the candidate's bias before
 * the reset.
 */
public final class Gru extends BaseRecurrentLayer {
  private static final long serialVersionUID = 1;

  private Gru(Builder builder) {
    super(builder);
  }

  /** For Jackson, which reads model files. */
  private Gru() {}

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int layerIndex,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    LayerValidation.assertNInNOutSet("Gru", getLayerName(), layerIndex, getNIn(), getNOut());
    if (getRnnDataFormat() != RNNFormat.NCW) {
      throw new IllegalArgumentException(
          "Gru: data format " + getRnnDataFormat() + " is not supported; use RNNFormat.NCW");
    }
    GruLayer layer = new GruLayer(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(layerIndex);
    layer.setParamsViewArray(parameters);
    Map<String, INDArray> table = initializer().init(conf, parameters, initialize);
    layer.setParamTable(table);
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return GruParameters.INSTANCE;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    long parameters = initializer().numParams(this);
    InputType.InputTypeRecurrent recurrent = (InputType.InputTypeRecurrent) inputType;
    long steps = Math.max(1, recurrent.getTimeSeriesLength());
    long values = steps * getNOut();
    return new LayerMemoryReport.Builder(
            getLayerName(), Gru.class, inputType, getOutputType(-1, inputType))
        .standardMemory(parameters, getIUpdater().stateSize(parameters))
        .workingMemory(0, 5 * values, 0, 10 * values)
        .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }

  /** Builds a {@link Gru}. */
  @SuppressWarnings("unchecked") // the superclass declares build() to return any layer
  public static final class Builder extends BaseRecurrentLayer.Builder<Builder> {
    @Override
    public Gru build() {
      return new Gru(this);
    }
  }
}
