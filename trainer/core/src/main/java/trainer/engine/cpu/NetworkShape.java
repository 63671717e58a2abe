package trainer.engine.cpu;

import java.util.List;
import trainer.config.Layer;

/**
 * A character network: one-hot characters, recurrent layers, softmax over the next character.
 *
 * <p>Its parameters as one vector, the form in which DL4J keeps them: layer after layer, each with
 * its arrays one after the other, matrices column by column.
 *
 * <pre>
 * LSTM                W [in,4H], RW [H,4H], b [4H]      gates: candidate, forget, output, input
 * GravesLSTM          W [in,4H], RW [H,4H+3], b [4H]    the last columns: peepholes of f, o, i
 * SimpleRnn           W [in,H], RW [H,H], b [H]
 * GRU                 W [in,3H], RW [H,3H], b [3H], rb [H]    gates: reset, update, candidate
 * output              W [H,V], b [V]
 * </pre>
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

  /** Units that a layer reads: characters for the first one. */
  int inputs(int layer) {
    return layer == 0 ? vocabulary : layers.get(layer - 1).size();
  }

  int size(int layer) {
    return layers.get(layer).size();
  }

  int top() {
    return layers.size() - 1;
  }

  GateOrder gates(int layer) {
    return GateOrder.of(layers.get(layer).type());
  }

  /** Where a layer's parameters start in the vector; the output layer's follow the last one. */
  int offset(int layer) {
    int offset = 0;
    for (int l = 0; l < layer; l++) {
      offset = Math.addExact(offset, gates(l).parameters(inputs(l), size(l)));
    }
    return offset;
  }

  /** Length of the vector. */
  int parameters() {
    return Math.addExact(offset(layers.size()), (size(top()) + 1) * vocabulary);
  }
}
