package trainer.engine.cpu;

import java.util.Arrays;

/**
 * The gradient of W of the first layer, whose inputs are one-hot characters: each adds the gates of
 * its position to its row.
 */
final class CharacterGradients {
  private final float[] gradient; // [V][gates from the input · units]
  private final int gates;
  private final int units;
  private final int lanes;

  CharacterGradients(LayerWeights weights, int lanes) {
    gradient = weights.input().gradient();
    gates = weights.cell().fromInput();
    units = weights.units().count();
    this.lanes = lanes;
  }

  void clear() {
    Arrays.fill(gradient, 0f);
  }

  /**
   * Adds a step.
   *
   * @param characters from {@code offset} on, one of each lane
   * @param values [gate][lanes·units]
   */
  void add(int[] characters, int offset, float[][] values) {
    for (int g = 0; g < gates; g++) {
      for (int b = 0; b < lanes; b++) {
        int row = (characters[offset + b] * gates + g) * units;
        ElementwiseOps.add(gradient, row, values[g], b * units, units);
      }
    }
  }
}
