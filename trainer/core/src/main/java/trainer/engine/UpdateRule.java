package trainer.engine;

import trainer.config.Optimizer;

/**
 * An update of parameters by their gradient, as PyTorch defines each optimizer. With g the
 * gradient, w the parameters and lr the learning rate:
 *
 * <pre>
 * Adam      m = β₁m + (1-β₁)g, v = β₂v + (1-β₂)g², w = w - lr·m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε)
 * AdamW     the same, after w = w - lr·decay·w for weights, not biases
 * RMSProp   v = decay·v + (1-decay)g², w = w - lr·g / (√v + ε)
 * SGD       u = momentum·u + g, w = w - lr·u; without momentum there is no u
 * </pre>
 */
public sealed interface UpdateRule {

  /**
   * Scalars of one update.
   *
   * @param rate learning rate, bias correction included
   * @param epsilon added to the root of the mean square
   * @param keep decoupled weight decay: 1 − lr · decay
   */
  record Rates(float rate, float epsilon, float keep) {}

  /**
   * The scalars of an update.
   *
   * @param iteration updates made before this one
   */
  Rates rates(double learningRate, int iteration);

  /** The constants of the equation, for a kernel: each decay with the factor of what it adds. */
  float[] constants();

  /** The rule of an optimizer. */
  static UpdateRule of(Optimizer optimizer) {
    if (optimizer instanceof Optimizer.Adam a) {
      return new Adam(a.beta1(), a.beta2(), a.epsilon(), 0);
    } else if (optimizer instanceof Optimizer.AdamW a) {
      return new Adam(a.beta1(), a.beta2(), a.epsilon(), a.weightDecay());
    } else if (optimizer instanceof Optimizer.RmsProp r) {
      return new RmsProp(r.decay(), r.epsilon());
    } else if (optimizer instanceof Optimizer.Sgd s) {
      return new Sgd(s.momentum());
    }
    throw new IllegalArgumentException("no update rule for " + optimizer);
  }

  /** Adam, and with a decay AdamW. */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay)
      implements UpdateRule {

    /** Both bias corrections are in the rate and in epsilon. */
    @Override
    public Rates rates(double learningRate, int iteration) {
      double first = 1 - Math.pow(beta1, iteration + 1.0);
      double second = Math.sqrt(1 - Math.pow(beta2, iteration + 1.0));
      return new Rates(
          (float) (learningRate * second / first),
          (float) (epsilon * second),
          (float) (1 - learningRate * weightDecay));
    }

    @Override
    public float[] constants() {
      return new float[] {(float) beta1, (float) (1 - beta1), (float) beta2, (float) (1 - beta2)};
    }
  }

  /** RMSProp. */
  record RmsProp(double decay, double epsilon) implements UpdateRule {
    @Override
    public Rates rates(double learningRate, int iteration) {
      return new Rates((float) learningRate, (float) epsilon, 1);
    }

    @Override
    public float[] constants() {
      return new float[] {(float) decay, (float) (1 - decay)};
    }
  }

  /** Stochastic gradient descent. */
  record Sgd(double momentum) implements UpdateRule {
    @Override
    public Rates rates(double learningRate, int iteration) {
      return new Rates((float) learningRate, 0, 1);
    }

    @Override
    public float[] constants() {
      return new float[] {(float) momentum};
    }
  }
}
