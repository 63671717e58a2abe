package trainer.layer;

import static trainer.cell.LayerParameters.BIAS;
import static trainer.cell.LayerParameters.INPUT_WEIGHTS;
import static trainer.cell.LayerParameters.RECURRENT_BIAS;
import static trainer.cell.LayerParameters.RECURRENT_WEIGHTS;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.cell.CellLayout;
import trainer.cell.Views;
import trainer.config.Layer.CellType;

/** Layout of a GRU's parameters in the network's vector: W, RW, b, rb, each column-major. */
final class GruParameters implements ParamInitializer {
  static final GruParameters INSTANCE = new GruParameters();

  private static final CellLayout CELL = CellLayout.of(CellType.GRU);
  private static final int GATES = CELL.gates().size();
  private static final List<String> WEIGHTS = List.of(INPUT_WEIGHTS, RECURRENT_WEIGHTS);
  private static final List<String> BIASES = List.of(BIAS, RECURRENT_BIAS);

  private GruParameters() {}

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    Gru gru = (Gru) layer;
    return CELL.parameters(gru.getNIn(), gru.getNOut());
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return List.of(INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIAS, RECURRENT_BIAS);
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return WEIGHTS;
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return BIASES;
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return WEIGHTS.contains(key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return BIASES.contains(key);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray parameters, boolean initialize) {
    Gru gru = (Gru) conf.getLayer();
    Map<String, INDArray> table = views(gru, parameters);
    table.keySet().forEach(conf::addVariable);
    if (initialize) {
      double in = gru.getNIn();
      double size = gru.getNOut();
      var recurrent =
          gru.getWeightInitFnRecurrent() == null
              ? gru.getWeightInitFn()
              : gru.getWeightInitFnRecurrent();
      INDArray inputWeights = table.get(INPUT_WEIGHTS);
      INDArray recurrentWeights = table.get(RECURRENT_WEIGHTS);
      gru.getWeightInitFn().init(in, size, inputWeights.shape(), 'f', inputWeights);
      recurrent.init(size, size, recurrentWeights.shape(), 'f', recurrentWeights);
      BIASES.forEach(bias -> table.get(bias).assign(gru.getBiasInit()));
    }
    return table;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradient) {
    return views((Gru) conf.getLayer(), gradient);
  }

  private static Map<String, INDArray> views(Gru gru, INDArray flat) {
    long in = gru.getNIn();
    long size = gru.getNOut();
    long recurrentWeights = in * GATES * size;
    long bias = recurrentWeights + size * GATES * size;
    long recurrentBias = bias + GATES * size;
    INDArray vector = flat.reshape(flat.length());
    Map<String, INDArray> views = new LinkedHashMap<>();
    views.put(INPUT_WEIGHTS, part(vector, 0, recurrentWeights).reshape('f', in, GATES * size));
    views.put(
        RECURRENT_WEIGHTS, part(vector, recurrentWeights, bias).reshape('f', size, GATES * size));
    views.put(BIAS, part(vector, bias, recurrentBias));
    views.put(RECURRENT_BIAS, part(vector, recurrentBias, recurrentBias + size));
    return views;
  }

  private static INDArray part(INDArray vector, long from, long to) {
    return Views.elements(vector, from, to);
  }
}
