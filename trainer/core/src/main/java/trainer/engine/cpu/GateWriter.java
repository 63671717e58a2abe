package trainer.engine.cpu;

/** Writes the gradients of a thread's gates to its columns of {@link LayerGates}. */
final class GateWriter {
  private final int first;
  private final int gates;
  private final int units;
  private final int lanes;
  private final Matrix[] steps; // the thread's columns: [lanes, gates · units]
  private final Matrix unrounded; // [gates · lanes, units]; null: factors are float32
  private final Products.Copy round;

  /**
   * @param group the sums to write
   * @param columns of the thread's units, all steps
   */
  GateWriter(ThreadContext context, GateOrder.Group group, Matrix columns) {
    first = group.first();
    gates = group.gates();
    units = columns.columns() / gates;
    lanes = context.pass().lanes();
    steps = columns.split(lanes);
    boolean rounds = context.products().rounds() && units > 0;
    unrounded = rounds ? context.memory().matrix(gates * lanes, units) : null;
    round = rounds ? context.products().prepareCopy(context.memory(), unrounded, steps[0]) : null;
  }

  /**
   * Writes some lanes of a step.
   *
   * @param values [sum][lanes·units]
   */
  void write(int step, float[][] values, int lane, int end) {
    for (int g = 0; g < gates; g++) {
      float[] gate = values[first + g];
      if (unrounded != null) {
        unrounded.write(g * lanes + lane, 0, gate, lane * units, (end - lane) * units);
      } else {
        Matrix to = steps[step];
        for (int b = lane; b < end; b++) {
          to.write(b, g * units, gate, b * units, units);
        }
      }
    }
  }

  /** Called after all lanes of a step have been written. */
  void finish(int step) {
    if (unrounded != null) {
      round.run(unrounded, steps[step]);
    }
  }
}
