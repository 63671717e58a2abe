package trainer.training;

import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.network.CharacterNetwork;

/** Estimates the memory of training, in addition to the JVM and its libraries. */
public final class MemoryEstimate {
  private static final int BYTES_PER_NUMBER = 4;

  /** Parameters, gradient, two moments, and a copy to write checkpoints from. */
  private static final int COPIES_OF_PARAMETERS = 5;

  private MemoryEstimate() {}

  /** Bytes for segments of {@code [lanes, steps]}. */
  public static long bytes(CharacterNetwork network, int lanes, int steps) {
    long characters = (long) lanes * steps;
    long perCharacter =
        5L * network.vocabularySize(); // one-hot input, logits and their temporaries
    for (Layer layer : network.model().layers()) {
      perCharacter += (long) values(layer) * layer.size();
    }
    return BYTES_PER_NUMBER
        * (COPIES_OF_PARAMETERS * network.numParams() + 2 * characters * perCharacter);
  }

  /** Values kept per unit and character: gates, their gradients, memories, outputs. */
  private static int values(Layer layer) {
    CellLayout cell = CellLayout.of(layer.type());
    return 2 * cell.sums() + 3 + (cell.hasMemory() ? 2 : 0);
  }
}
