package trainer.engine.cuda;

import java.util.Random;
import trainer.cell.CellLayout;
import trainer.config.Layer.CellType;

/**
 * The element-wise part of one time step of a cell, from the equations, in double precision, with
 * random inputs.
 */
final class PlainStep {
  static final int VOCABULARY = 3;
  private static final int SEED = 5;

  final CellType type;
  final CellLayout shape;
  final int lanes;
  final int units;
  final int[] characters; // [lanes]
  final float[] table; // [vocabulary, gates from the input · units]
  final float[] recurrent; // [lanes, gates from the recurrence · units]
  final float[] biases; // [gates · units]
  final float[] peepholes; // [peepholes · units]
  final float[] hiddenBefore; // [lanes, units]
  final float[] cellBefore; // [lanes, units]
  final float[] dHidden; // [lanes, units]
  final float[] dCell; // [lanes, units]

  PlainStep(CellType type, int lanes, int units) {
    Random random = new Random(SEED);
    this.type = type;
    this.lanes = lanes;
    this.units = units;
    shape = CellLayout.of(type);
    characters = random.ints(lanes, 0, VOCABULARY).toArray();
    table = EmulatedKernels.random(random, VOCABULARY * shape.fromInput() * units);
    recurrent = EmulatedKernels.random(random, lanes * shape.fromRecurrence() * units);
    biases = EmulatedKernels.random(random, shape.sums() * units);
    peepholes = EmulatedKernels.random(random, shape.peepholes().size() * units);
    hiddenBefore = EmulatedKernels.random(random, lanes * units);
    cellBefore = EmulatedKernels.random(random, lanes * units);
    dHidden = EmulatedKernels.random(random, lanes * units);
    dCell = EmulatedKernels.random(random, lanes * units);
  }

  /** x W of the characters, [lanes, gates · units]; NaN for sums without input. */
  float[] inputs() {
    float[] inputs = new float[lanes * shape.sums() * units];
    for (int lane = 0; lane < lanes; lane++) {
      for (int k = 0; k < shape.sums() * units; k++) {
        int width = shape.fromInput() * units;
        inputs[lane * shape.sums() * units + k] =
            k < width ? table[characters[lane] * width + k] : Float.NaN;
      }
    }
    return inputs;
  }

  /** Pre-activations without peepholes; the GRU's last is q. */
  private double[] sums(int lane, int unit) {
    double[] sums = new double[shape.sums()];
    for (int g = 0; g < sums.length; g++) {
      sums[g] = biases[g * units + unit];
      if (g < shape.fromInput()) {
        sums[g] += table[(characters[lane] * shape.fromInput() + g) * units + unit];
      }
      if (g >= shape.firstRecurrent()) {
        int column = g - shape.firstRecurrent();
        sums[g] += recurrent[(lane * shape.fromRecurrence() + column) * units + unit];
      }
    }
    return sums;
  }

  /** Gates, then h, then c. */
  private double[] outcome(int unit, double[] z, double h, double c) {
    return switch (type) {
      case SIMPLE_RNN -> new double[] {Math.tanh(z[0]), Math.tanh(z[0])};
      case GRU -> {
        double r = sigmoid(z[1]);
        double kept = sigmoid(z[2]);
        double n = Math.tanh(z[0] + r * z[3]);
        yield new double[] {n, r, kept, z[3], (1 - kept) * n + kept * h};
      }
      case LSTM, GRAVES_LSTM -> {
        double a = Math.tanh(z[0]);
        double f = sigmoid(z[1] + peephole(0, unit) * c);
        double i = sigmoid(z[3] + peephole(2, unit) * c);
        double memory = f * c + i * a;
        double o = sigmoid(z[2] + peephole(1, unit) * memory);
        yield new double[] {a, f, o, i, o * Math.tanh(memory), memory};
      }
    };
  }

  private double peephole(int which, int unit) {
    return shape.peepholes().size() == 0 ? 0 : peepholes[which * units + unit];
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private double[] outcome(int lane, int unit) {
    int at = lane * units + unit;
    return outcome(unit, sums(lane, unit), hiddenBefore[at], cellBefore[at]);
  }

  /** [lanes, gates · units] */
  double[] gates() {
    double[] gates = new double[lanes * shape.sums() * units];
    for (int lane = 0; lane < lanes; lane++) {
      for (int unit = 0; unit < units; unit++) {
        for (int g = 0; g < shape.sums(); g++) {
          gates[(lane * shape.sums() + g) * units + unit] = outcome(lane, unit)[g];
        }
      }
    }
    return gates;
  }

  /** [lanes, units] */
  double[] hidden() {
    return states(shape.sums());
  }

  /** [lanes, units] */
  double[] cell() {
    return states(shape.sums() + 1);
  }

  private double[] states(int which) {
    double[] states = new double[lanes * units];
    for (int at = 0; at < states.length; at++) {
      states[at] = outcome(at / units, at % units)[which];
    }
    return states;
  }

  /**
   * A number whose slopes are the gradients: the states, weighed by the gradients that come back to
   * them, after a gate's sum, or the state before where there is no such gate, has been moved.
   */
  double weighed(int lane, int unit, int gate, double by) {
    int at = lane * units + unit;
    double[] sums = sums(lane, unit);
    double h = hiddenBefore[at];
    double c = cellBefore[at];
    if (gate < sums.length) {
      sums[gate] += by;
    } else {
      h += by;
      c += by;
    }
    double[] outcome = outcome(unit, sums, h, c);
    return dHidden[at] * outcome[shape.sums()]
        + (shape.hasMemory() ? dCell[at] * outcome[shape.sums() + 1] : 0);
  }
}
