package trainer.engine.nd4j;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.cell.CellShape;
import trainer.cell.CellState;
import trainer.cell.LayerInput;
import trainer.cell.RecurrentCell;
import trainer.cell.Sequence;
import trainer.cell.SoftmaxOutput;
import trainer.config.Layer;
import trainer.engine.DropoutMask;
import trainer.network.CharacterNetwork;

/** The layers of a network over segments of one shape: forward, and backward for training. */
final class Stack {
  private final List<Layer> layers;
  private final List<RecurrentCell> cells = new ArrayList<>();
  private final SoftmaxOutput output;
  private final long seed;
  private final DataType type;
  private final int vocabularySize;

  // Kept from the forward pass for the backward pass.
  private final List<LayerInput> inputs = new ArrayList<>(); // of each layer
  private final List<INDArray> masks = new ArrayList<>(); // on each layer's output, or null
  private final List<Sequence> outputGradients = new ArrayList<>(); // of each layer
  private INDArray top; // input of the softmax, [T·B, H]

  Stack(CharacterNetwork network, int steps, int lanes, boolean training) {
    this.layers = network.model().layers();
    this.seed = network.seed();
    this.type = network.getLayerWiseConfigurations().getDataType();
    this.vocabularySize = network.vocabularySize();
    int width = vocabularySize;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      CellShape shape = new CellShape(type, steps, lanes, width, layer.size());
      cells.add(
          RecurrentCell.create(
              layer.type(),
              network.layerParameters(i),
              training ? network.layerGradients(i) : null,
              shape));
      if (training) {
        outputGradients.add(Sequence.zeros(type, steps, lanes, layer.size()));
      }
      width = layer.size();
    }
    output =
        new SoftmaxOutput(network.outputParameters(), training ? network.outputGradients() : null);
  }

  /**
   * Reads characters without dropout.
   *
   * @param characters [T·B]
   * @param states of each layer, updated
   * @return log-probabilities of the next characters, [T·B, V]
   */
  INDArray forward(int[] characters, List<CellState> states) {
    LayerInput input = LayerInput.oneHot(type, characters, vocabularySize);
    INDArray hidden = null;
    for (int i = 0; i < cells.size(); i++) {
      hidden = cells.get(i).forward(input, states.get(i)).all();
      input = new LayerInput(hidden);
    }
    return output.logProbabilities(hidden);
  }

  /** Like {@link #forward}, with the dropout of an iteration. */
  INDArray forwardInTraining(int[] characters, List<CellState> states, int iteration) {
    inputs.clear();
    masks.clear();
    LayerInput input = LayerInput.oneHot(type, characters, vocabularySize);
    for (int i = 0; i < cells.size(); i++) {
      INDArray hidden = cells.get(i).forward(input, states.get(i)).all();
      INDArray mask = mask(i, iteration, hidden);
      top = mask == null ? hidden : hidden.mul(mask);
      inputs.add(input);
      masks.add(mask);
      input = new LayerInput(top);
    }
    return output.logProbabilities(top);
  }

  /**
   * Computes the gradient of the mean cross-entropy of the last training pass, in the network's
   * gradient view.
   *
   * @param logProbabilities the result of that pass; overwritten
   */
  void backward(INDArray logProbabilities, int[] targets) {
    int last = cells.size() - 1;
    output.backward(logProbabilities, targets, top, outputGradients.get(last).all());
    for (int i = last; i >= 0; i--) {
      Sequence gradient = outputGradients.get(i);
      if (masks.get(i) != null) {
        gradient.all().muli(masks.get(i));
      }
      INDArray below = i == 0 ? null : outputGradients.get(i - 1).all();
      cells.get(i).backward(inputs.get(i), gradient, below);
    }
  }

  /** 0 or 1 / (1 - p) for each output, [T·B, H]; null without dropout. */
  private INDArray mask(int layer, int iteration, INDArray outputs) {
    double dropout = layers.get(layer).dropout();
    if (dropout == 0) {
      return null;
    }
    long key = DropoutMask.key(seed, iteration, layer);
    double[] mask = new double[Math.toIntExact(outputs.length())];
    double scale = 1 / (1 - dropout);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = DropoutMask.keep(key, i, dropout) ? scale : 0;
    }
    return Nd4j.createFromArray(mask).castTo(outputs.dataType()).reshape('c', outputs.shape());
  }
}
