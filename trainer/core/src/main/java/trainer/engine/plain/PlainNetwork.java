package trainer.engine.plain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.DropoutMask;
import trainer.text.Segment;

/**
 * A character network in plain double-precision loops, from the equations: the reference for checks
 * of engines and devices. It is slow, and tested against finite differences.
 */
public final class PlainNetwork {
  final int vocabulary;
  final List<Layer> stack;

  /** In Deeplearning4j's order. */
  public final double[] parameters;

  /** Of the last segment, like the parameters. */
  public final double[] gradient;

  private final long seed;
  private final List<PlainLayer> layers = new ArrayList<>();

  /** The state that the next segment starts from. */
  public CarriedState state;

  /** A network whose parameters are zero. */
  public PlainNetwork(int vocabulary, List<Layer> layers, int lanes, long seed) {
    this.vocabulary = vocabulary;
    this.seed = seed;
    stack = List.copyOf(layers);
    int count = offset(stack.size()) + (size(stack.size() - 1) + 1) * vocabulary;
    parameters = new double[count];
    gradient = new double[count];
    for (int l = 0; l < stack.size(); l++) {
      this.layers.add(new PlainLayer(stack.get(l), inputs(l), offset(l)));
    }
    state = CarriedState.zero(stack, lanes);
  }

  /** Input width of a layer. */
  int inputs(int layer) {
    return layer == 0 ? vocabulary : size(layer - 1);
  }

  private int size(int layer) {
    return stack.get(layer).size();
  }

  /** Offset of a layer's parameters; the output layer's follow the last layer's. */
  int offset(int layer) {
    int offset = 0;
    for (int l = 0; l < layer; l++) {
      CellLayout cell = CellLayout.of(stack.get(l).type());
      offset = Math.toIntExact(offset + cell.parameters(inputs(l), size(l)));
    }
    return offset;
  }

  /**
   * Mean loss, nats per character; the gradient is in {@link #gradient}. The state carries over.
   */
  public double gradient(Segment segment, int iteration, boolean training) {
    int steps = segment.length();
    int lanes = segment.lanes();
    Arrays.fill(gradient, 0);
    double[][][] x = new double[steps][lanes][vocabulary]; // [t][b][input]
    for (int t = 0; t < steps; t++) {
      for (int b = 0; b < lanes; b++) {
        x[t][b][segment.inputs()[t * lanes + b]] = 1;
      }
    }
    double[][][][] masks = new double[layers.size()][][][];
    List<LayerState> next = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      PlainLayer layer = layers.get(l);
      double[][][] h = layer.forward(x, state.layers().get(l));
      next.add(layer.state());
      masks[l] = mask(l, iteration, steps, lanes, training);
      x = product(h, masks[l]);
    }
    double[][][] dx = new double[steps][lanes][size(stack.size() - 1)];
    double loss = output(segment, x, dx) / segment.characters();
    for (int l = layers.size() - 1; l >= 0; l--) {
      dx = layers.get(l).backward(product(dx, masks[l]));
    }
    state = new CarriedState(next);
    return loss;
  }

  private double output(Segment segment, double[][][] x, double[][][] dx) {
    int size = size(stack.size() - 1);
    int offset = offset(stack.size());
    double loss = 0;
    for (int t = 0; t < x.length; t++) {
      for (int b = 0; b < x[t].length; b++) {
        double[] p = new double[vocabulary];
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < vocabulary; c++) {
          p[c] = parameters[offset + vocabulary * size + c];
          for (int j = 0; j < size; j++) {
            p[c] += x[t][b][j] * parameters[offset + c * size + j];
          }
          max = Math.max(max, p[c]);
        }
        double sum = 0;
        for (int c = 0; c < vocabulary; c++) {
          p[c] = Math.exp(p[c] - max);
          sum += p[c];
        }
        int target = segment.targets()[t * segment.lanes() + b];
        loss -= Math.log(p[target] / sum);
        for (int c = 0; c < vocabulary; c++) {
          double d = (p[c] / sum - (c == target ? 1 : 0)) / segment.characters();
          gradient[offset + vocabulary * size + c] += d;
          for (int j = 0; j < size; j++) {
            gradient[offset + c * size + j] += d * x[t][b][j];
            dx[t][b][j] += d * parameters[offset + c * size + j];
          }
        }
      }
    }
    return loss;
  }

  private double[][][] mask(int l, int iteration, int steps, int lanes, boolean training) {
    Layer layer = stack.get(l);
    double[][][] mask = new double[steps][lanes][layer.size()];
    long key = DropoutMask.key(seed, iteration, l);
    for (int t = 0; t < steps; t++) {
      for (int b = 0; b < lanes; b++) {
        for (int j = 0; j < layer.size(); j++) {
          long element = ((long) t * lanes + b) * layer.size() + j;
          boolean kept = !training || DropoutMask.keep(key, element, layer.dropout());
          mask[t][b][j] = !training ? 1 : kept ? 1 / (1 - layer.dropout()) : 0;
        }
      }
    }
    return mask;
  }

  private static double[][][] product(double[][][] a, double[][][] b) {
    double[][][] result = new double[a.length][a[0].length][a[0][0].length];
    for (int t = 0; t < a.length; t++) {
      for (int l = 0; l < a[t].length; l++) {
        for (int j = 0; j < a[t][l].length; j++) {
          result[t][l][j] = a[t][l][j] * b[t][l][j];
        }
      }
    }
    return result;
  }

  /** One recurrent layer; gates in the order of the parameters. */
  private final class PlainLayer {
    private final CellType type;
    private final int in;
    private final int size;
    private final int gates;
    private final int w;
    private final int r;
    private final int peepholes;
    private final int bias;
    private double[][][] x; // [t][b][in]
    private double[][][] h; // [t + 1][b][H]
    private double[][][] c; // [t + 1][b][H]
    private double[][][] a; // [t][b][gates · H], after the non-linearities
    private double[][][] q; // [t][b][H], the GRU's h R + cn

    PlainLayer(Layer layer, int in, int offset) {
      type = layer.type();
      this.in = in;
      size = layer.size();
      gates =
          switch (type) {
            case SIMPLE_RNN -> 1;
            case LSTM, GRAVES_LSTM -> 4;
            case GRU -> 3;
          };
      w = offset;
      r = w + in * gates * size;
      peepholes = r + size * gates * size;
      bias = peepholes + (type == CellType.GRAVES_LSTM ? 3 * size : 0);
    }

    private double peephole(int which, int j) {
      return type == CellType.GRAVES_LSTM ? parameters[peepholes + which * size + j] : 0;
    }

    private boolean lstm() {
      return type == CellType.LSTM || type == CellType.GRAVES_LSTM;
    }

    double[][][] forward(double[][][] input, LayerState carried) {
      int lanes = carried.lanes();
      x = input;
      h = new double[x.length + 1][lanes][size];
      c = new double[x.length + 1][lanes][size];
      a = new double[x.length][lanes][gates * size];
      q = new double[x.length][lanes][size];
      for (int b = 0; b < lanes; b++) {
        for (int j = 0; j < size; j++) {
          h[0][b][j] = carried.hidden()[b * size + j];
          c[0][b][j] = lstm() ? carried.cell()[b * size + j] : 0;
        }
      }
      for (int t = 0; t < x.length; t++) {
        for (int b = 0; b < lanes; b++) {
          step(t, b);
        }
      }
      return Arrays.copyOfRange(h, 1, h.length);
    }

    private void step(int t, int b) {
      double[] z = new double[gates * size];
      double[] recurrent = new double[gates * size];
      for (int k = 0; k < z.length; k++) {
        z[k] = parameters[bias + k];
        for (int i = 0; i < in; i++) {
          z[k] += x[t][b][i] * parameters[w + k * in + i];
        }
        for (int i = 0; i < size; i++) {
          recurrent[k] += h[t][b][i] * parameters[r + k * size + i];
        }
      }
      double[] y = a[t][b];
      for (int j = 0; j < size; j++) {
        int k1 = size + j;
        int k2 = 2 * size + j;
        int k3 = 3 * size + j;
        switch (type) {
          case SIMPLE_RNN -> {
            y[j] = Math.tanh(z[j] + recurrent[j]);
            h[t + 1][b][j] = y[j];
          }
          case LSTM, GRAVES_LSTM -> {
            y[j] = Math.tanh(z[j] + recurrent[j]);
            y[k1] = sigmoid(z[k1] + recurrent[k1] + peephole(0, j) * c[t][b][j]);
            y[k3] = sigmoid(z[k3] + recurrent[k3] + peephole(2, j) * c[t][b][j]);
            c[t + 1][b][j] = y[k1] * c[t][b][j] + y[k3] * y[j];
            y[k2] = sigmoid(z[k2] + recurrent[k2] + peephole(1, j) * c[t + 1][b][j]);
            h[t + 1][b][j] = y[k2] * Math.tanh(c[t + 1][b][j]);
          }
          case GRU -> {
            q[t][b][j] = recurrent[k2] + parameters[bias + 3 * size + j];
            y[j] = sigmoid(z[j] + recurrent[j]);
            y[k1] = sigmoid(z[k1] + recurrent[k1]);
            y[k2] = Math.tanh(z[k2] + y[j] * q[t][b][j]);
            h[t + 1][b][j] = (1 - y[k1]) * y[k2] + y[k1] * h[t][b][j];
          }
        }
      }
    }

    private static double sigmoid(double z) {
      return 1 / (1 + Math.exp(-z));
    }

    LayerState state() {
      int lanes = h[0].length;
      double[] hidden = new double[lanes * size];
      double[] cell = lstm() ? new double[lanes * size] : null;
      for (int b = 0; b < lanes; b++) {
        for (int j = 0; j < size; j++) {
          hidden[b * size + j] = h[x.length][b][j];
          if (cell != null) {
            cell[b * size + j] = c[x.length][b][j];
          }
        }
      }
      return new LayerState(lanes, size, hidden, cell);
    }

    double[][][] backward(double[][][] dOutput) {
      int lanes = h[0].length;
      double[][][] dx = new double[x.length][lanes][in];
      for (int b = 0; b < lanes; b++) {
        double[] dh = new double[size];
        double[] dc = new double[size];
        for (int t = x.length - 1; t >= 0; t--) {
          for (int j = 0; j < size; j++) {
            dh[j] += dOutput[t][b][j];
          }
          dh = backStep(t, b, dh, dc, dx[t][b]);
        }
      }
      return dx;
    }

    /** The gradient of the previous h; {@code dc} becomes that of the previous c. */
    private double[] backStep(int t, int b, double[] dh, double[] dc, double[] dx) {
      double[] dz = new double[gates * size]; // of x W + ...
      double[] dr = new double[gates * size]; // of h R + ...
      double[] before = new double[size];
      double[] y = a[t][b];
      for (int j = 0; j < size; j++) {
        int k1 = size + j;
        int k2 = 2 * size + j;
        int k3 = 3 * size + j;
        switch (type) {
          case SIMPLE_RNN -> dz[j] = dh[j] * (1 - y[j] * y[j]);
          case LSTM, GRAVES_LSTM -> {
            double cell = c[t + 1][b][j];
            double tanh = Math.tanh(cell);
            dz[k2] = dh[j] * tanh * y[k2] * (1 - y[k2]);
            double d = dc[j] + dh[j] * y[k2] * (1 - tanh * tanh) + peephole(1, j) * dz[k2];
            dz[j] = d * y[k3] * (1 - y[j] * y[j]);
            dz[k1] = d * c[t][b][j] * y[k1] * (1 - y[k1]);
            dz[k3] = d * y[j] * y[k3] * (1 - y[k3]);
            dc[j] = d * y[k1] + peephole(0, j) * dz[k1] + peephole(2, j) * dz[k3];
            if (type == CellType.GRAVES_LSTM) {
              gradient[peepholes + j] += dz[k1] * c[t][b][j];
              gradient[peepholes + size + j] += dz[k2] * cell;
              gradient[peepholes + 2 * size + j] += dz[k3] * c[t][b][j];
            }
          }
          case GRU -> {
            dz[k1] = dh[j] * (h[t][b][j] - y[k2]) * y[k1] * (1 - y[k1]);
            dz[k2] = dh[j] * (1 - y[k1]) * (1 - y[k2] * y[k2]);
            dz[j] = dz[k2] * q[t][b][j] * y[j] * (1 - y[j]);
            before[j] = dh[j] * y[k1];
            gradient[bias + 3 * size + j] += dz[k2] * y[j];
          }
        }
      }
      System.arraycopy(dz, 0, dr, 0, dz.length);
      if (type == CellType.GRU) {
        for (int j = 0; j < size; j++) {
          dr[2 * size + j] *= y[j];
        }
      }
      for (int k = 0; k < dz.length; k++) {
        gradient[bias + k] += dz[k];
        for (int i = 0; i < in; i++) {
          gradient[w + k * in + i] += x[t][b][i] * dz[k];
          dx[i] += parameters[w + k * in + i] * dz[k];
        }
        for (int i = 0; i < size; i++) {
          gradient[r + k * size + i] += h[t][b][i] * dr[k];
          before[i] += parameters[r + k * size + i] * dr[k];
        }
      }
      return before;
    }
  }
}
