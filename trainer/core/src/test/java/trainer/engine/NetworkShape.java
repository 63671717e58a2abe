package trainer.engine;

import static trainer.config.Layer.CellType.GRAVES_LSTM;
import static trainer.config.Layer.CellType.GRU;
import static trainer.config.Layer.CellType.LSTM;
import static trainer.config.Layer.CellType.SIMPLE_RNN;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.Layer;
import trainer.config.Layer.CellType;

/** A network and the size of its segments. */
record NetworkShape(int vocabulary, List<Layer> layers, int lanes, int steps) {

  /** Sizes that no block of a fast engine divides, for each cell and for mixed stacks. */
  static Stream<NetworkShape> odd() {
    return Stream.concat(
        Arrays.stream(CellType.values()).flatMap(NetworkShape::odd),
        Stream.of(
            new NetworkShape(
                17,
                List.of(
                    new Layer(LSTM, 17, 0),
                    new Layer(GRU, 33, 0),
                    new Layer(SIMPLE_RNN, 3, 0),
                    new Layer(GRAVES_LSTM, 1, 0)),
                3,
                17),
            new NetworkShape(
                33,
                List.of(
                    new Layer(GRAVES_LSTM, 33, 0.25),
                    new Layer(SIMPLE_RNN, 17, 0),
                    new Layer(LSTM, 257, 0.5),
                    new Layer(GRU, 3, 0.1)),
                17,
                3),
            new NetworkShape(
                3, List.of(new Layer(GRU, 17, 0.5), new Layer(SIMPLE_RNN, 33, 0.9)), 33, 17)));
  }

  private static Stream<NetworkShape> odd(CellType cell) {
    return Stream.of(
        of(2, cell, 1, 1, 1),
        of(3, cell, 3, 17, 1),
        of(33, cell, 17, 3, 3),
        of(17, cell, 33, 1, 17),
        of(257, cell, 33, 17, 3),
        of(33, cell, 257, 3, 3),
        of(3, cell, 1, 257, 3),
        of(2, cell, 3, 1, 257));
  }

  private static NetworkShape of(int vocabulary, CellType cell, int size, int lanes, int steps) {
    return new NetworkShape(vocabulary, List.of(new Layer(cell, size, 0)), lanes, steps);
  }

  Configuration configuration() {
    return Networks.xavier(Networks.configuration(lanes, steps, layers.toArray(Layer[]::new)));
  }

  /** Terms of the sum that is the gradient of a weight. */
  int terms() {
    int widest = layers.stream().mapToInt(Layer::size).max().orElseThrow();
    return steps * (widest + lanes);
  }

  @Override
  public String toString() {
    String stack =
        layers.stream()
            .map(layer -> "%s %d (%s)".formatted(layer.type(), layer.size(), layer.dropout()))
            .collect(Collectors.joining(", "));
    return "V %d, B %d, T %d, %s".formatted(vocabulary, lanes, steps, stack);
  }
}
