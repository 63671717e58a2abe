package trainer.engine.plain;

import java.util.Arrays;
import trainer.config.Layer;
import trainer.config.Optimizer;

/** The optimizers in double precision, as PyTorch defines them, element by element. */
public final class PlainOptimizer {
  private final Optimizer optimizer;
  private final boolean[] decays;
  private final double[] first;
  private final double[] second;

  /** The optimizer of a network. */
  public PlainOptimizer(PlainNetwork network, Optimizer optimizer) {
    this.optimizer = optimizer;
    first = new double[network.parameters.length];
    second = new double[network.parameters.length];
    decays = new boolean[network.parameters.length];
    for (int l = 0; l < network.stack.size(); l++) {
      Layer layer = network.stack.get(l);
      int gates =
          switch (layer.type()) {
            case SIMPLE_RNN -> 1;
            case LSTM, GRAVES_LSTM -> 4;
            case GRU -> 3;
          };
      int weights = (network.inputs(l) + layer.size()) * gates * layer.size();
      Arrays.fill(decays, network.offset(l), network.offset(l) + weights, true);
    }
    int output = network.offset(network.stack.size());
    Arrays.fill(decays, output, network.parameters.length - network.vocabulary, true);
  }

  /** Updates parameters by their gradient. */
  public void apply(double[] w, double[] gradient, double rate, int iteration) {
    for (int i = 0; i < w.length; i++) {
      double g = gradient[i];
      if (optimizer instanceof Optimizer.Adam a) {
        w[i] -= rate * adam(i, g, a.beta1(), a.beta2(), a.epsilon(), iteration);
      } else if (optimizer instanceof Optimizer.AdamW a) {
        w[i] -= decays[i] ? rate * a.weightDecay() * w[i] : 0;
        w[i] -= rate * adam(i, g, a.beta1(), a.beta2(), a.epsilon(), iteration);
      } else if (optimizer instanceof Optimizer.RmsProp r) {
        second[i] = r.decay() * second[i] + (1 - r.decay()) * g * g;
        w[i] -= rate * g / (Math.sqrt(second[i]) + r.epsilon());
      } else if (optimizer instanceof Optimizer.Sgd s) {
        first[i] = s.momentum() * first[i] + g;
        w[i] -= rate * first[i];
      }
    }
  }

  private double adam(int i, double g, double b1, double b2, double epsilon, int iteration) {
    first[i] = b1 * first[i] + (1 - b1) * g;
    second[i] = b2 * second[i] + (1 - b2) * g * g;
    double m = first[i] / (1 - Math.pow(b1, iteration + 1));
    double v = second[i] / (1 - Math.pow(b2, iteration + 1));
    return m / (Math.sqrt(v) + epsilon);
  }
}
