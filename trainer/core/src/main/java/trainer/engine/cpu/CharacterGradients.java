package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of W of the first layer, whose inputs are one-hot characters: each adds the gates of
 * its position to its row.
 */
final class CharacterGradients {
  private final float[] gradient; // [V][gates from the input · units]
  private final int width;
  private final int lanes;
  private final List<Group> groups = new ArrayList<>();

  /**
   * @param ownColumn its first column among the thread's gates
   * @param steps the gates of each step: [lanes, columns]
   * @param floats receives the gates of a step, if they are in bfloat16; else null
   */
  private record Group(
      int ownColumn, Matrix[] steps, Matrix floats, Products.Copy copy, float[] row) {}

  CharacterGradients(ThreadContext context, LayerWeights weights, LayerGates gates) {
    gradient = weights.input().gradient();
    width = weights.input().columns();
    lanes = context.pass().lanes();
    Units units = weights.units();
    for (GateOrder.Group group : weights.groups()) {
      if (gates.fedByInput(group) && units.count() > 0) {
        Matrix[] steps = gates.input(group, units).split(lanes);
        int columns = group.columns(units);
        boolean rounded = context.products().rounds();
        Matrix floats = rounded ? context.memory().matrix(lanes, columns) : null;
        Products.Copy copy =
            rounded ? context.products().prepareCopy(context.memory(), steps[0], floats) : null;
        groups.add(new Group(group.ownColumn(units), steps, floats, copy, new float[columns]));
      }
    }
  }

  /**
   * @param characters [steps · lanes]
   */
  void run(int[] characters, int steps) {
    Arrays.fill(gradient, 0f);
    for (Group group : groups) {
      for (int t = 0; t < steps; t++) {
        Matrix from = group.steps[t];
        if (group.copy != null) {
          group.copy.run(from, group.floats);
          from = group.floats;
        }
        for (int b = 0; b < lanes; b++) {
          from.read(b, 0, group.row, 0, group.row.length);
          int to = characters[t * lanes + b] * width + group.ownColumn;
          ElementwiseOps.add(gradient, to, group.row);
        }
      }
    }
  }
}
