package trainer.engine.cpu;

import java.util.List;

/**
 * One thread's share of the output layer's parameters: the rows of W of its units in the last
 * layer. The first thread also updates the biases.
 */
final class OutputWeights {
  private final Matrix shared;
  private final Units units;
  private final int vocabulary;
  private final Parameter weights;
  private final Parameter biases;

  /**
   * @param shared W of the whole layer, [H,V]
   * @param biases of the whole layer; one thread updates them
   */
  OutputWeights(
      NetworkShape shape, int share, Units units, Matrix shared, Parameter biases, int moments) {
    this.shared = shared;
    this.units = units;
    this.biases = biases;
    vocabulary = shape.vocabulary();
    int[] places = new int[vocabulary];
    for (int c = 0; c < vocabulary; c++) {
      places[c] = shape.offset(shape.layers().size()) + c * shape.size(shape.top()) + units.first();
    }
    weights = new Parameter(share, units.count(), places, true, moments);
  }

  /** The biases of the whole layer. */
  static Parameter biases(NetworkShape shape, int share, int moments) {
    int[] places = new int[shape.vocabulary()];
    for (int c = 0; c < places.length; c++) {
      places[c] = shape.parameters() - places.length + c;
    }
    return new Parameter(share, 1, places, false, moments);
  }

  /** W of the whole layer, [H,V]. */
  Matrix shared() {
    return shared;
  }

  Units units() {
    return units;
  }

  /** The rows of the thread's units: [units,V]. */
  Parameter weights() {
    return weights;
  }

  /** b of the whole layer: [V]. */
  Parameter biases() {
    return biases;
  }

  List<Parameter> parameters(boolean withBiases) {
    return withBiases ? List.of(weights, biases) : List.of(weights);
  }

  private OutputWeights(OutputWeights other) {
    shared = other.shared;
    units = other.units;
    vocabulary = other.vocabulary;
    weights = other.weights.withOwnGradient();
    biases = other.biases.withOwnGradient();
  }

  /** The same weights with gradients of their own. */
  OutputWeights withOwnGradients() {
    return new OutputWeights(this);
  }

  /** Copies one slice of the weights from the heap to native memory. */
  void publish(int slice, int slices) {
    int end = weights.firstRow(slice + 1, slices);
    for (int r = weights.firstRow(slice, slices); r < end; r++) {
      shared.write(units.first() + r, 0, weights.values(), r * vocabulary, vocabulary);
    }
  }
}
