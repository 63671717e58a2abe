package trainer.engine.cpu;

import java.util.List;
import trainer.cell.CellLayout;
import trainer.config.Layer;

/**
 * A character network: one-hot characters, recurrent layers, softmax over the next character.
 *
 * <p>The vector of parameters has the order of {@link CellLayout}.
 */
record NetworkShape(int vocabulary, List<Layer> layers) {

  NetworkShape {
    if (vocabulary < 1) {
      throw new IllegalArgumentException("vocabulary " + vocabulary + ": at least 1 is needed");
    }
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a network needs at least one recurrent layer");
    }
  }

  /** Input width of a layer: the vocabulary for the first. */
  int inputs(int layer) {
    return layer == 0 ? vocabulary : layers.get(layer - 1).size();
  }

  int size(int layer) {
    return layers.get(layer).size();
  }

  int top() {
    return layers.size() - 1;
  }

  CellLayout cell(int layer) {
    return CellLayout.of(layers.get(layer).type());
  }

  /** Offset of a layer's parameters in the vector; the output layer's follow the last layer's. */
  int offset(int layer) {
    int offset = 0;
    for (int l = 0; l < layer; l++) {
      offset = Math.toIntExact(offset + cell(l).parameters(inputs(l), size(l)));
    }
    return offset;
  }

  /** Number of parameters. */
  int parameters() {
    return Math.addExact(offset(layers.size()), (size(top()) + 1) * vocabulary);
  }
}
