package trainer.engine.cuda;

import trainer.config.Optimizer;
import trainer.cuda.Kernels;

/** Changes parameters by their gradient, as PyTorch defines each optimizer. */
interface UpdateRule {

  /**
   * What one update is told.
   *
   * @param rate what it is multiplied by
   * @param epsilon added to the root of the mean square
   * @param keep what weights are multiplied by first
   */
  record Rates(float rate, float epsilon, float keep) {}

  /**
   * The rates of an update.
   *
   * @param iteration updates made before this one
   */
  Rates rates(double learningRate, int iteration);

  /** What all updates work on: vectors of the network's layout, and where a step's rates are. */
  record Vectors(
      int length,
      int decayed,
      float cut,
      long control,
      long scale,
      long gradient,
      long parameters,
      long[] moments) {}

  /** Updates all parameters. */
  void apply(Kernels kernels, Vectors vectors);

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
    throw new IllegalArgumentException("optimizer " + optimizer + " is unknown to the cuda engine");
  }

  /**
   * m = β₁m + (1-β₁)g, v = β₂v + (1-β₂)g², w = w - lr·m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε); weights, not
   * biases, are first made smaller by lr·decay·w.
   */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay)
      implements UpdateRule {
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
    public void apply(Kernels kernels, Vectors v) {
      kernels.forElements(
          "adam",
          v.length(),
          v.length(),
          v.decayed(),
          (float) beta1,
          (float) (1 - beta1),
          (float) beta2,
          (float) (1 - beta2),
          v.cut(),
          v.control(),
          v.scale(),
          v.gradient(),
          v.parameters(),
          v.moments()[0],
          v.moments()[1]);
    }
  }

  /** v = decay·v + (1-decay)g², w = w - lr·g / (√v + ε). */
  record RmsProp(double decay, double epsilon) implements UpdateRule {
    @Override
    public Rates rates(double learningRate, int iteration) {
      return new Rates((float) learningRate, (float) epsilon, 1);
    }

    @Override
    public void apply(Kernels kernels, Vectors v) {
      kernels.forElements(
          "rmsprop",
          v.length(),
          v.length(),
          (float) decay,
          (float) (1 - decay),
          v.cut(),
          v.control(),
          v.scale(),
          v.gradient(),
          v.parameters(),
          v.moments()[0]);
    }
  }

  /** u = momentum·u + g, w = w - lr·u; without momentum there is no u. */
  record Sgd(double momentum) implements UpdateRule {
    @Override
    public Rates rates(double learningRate, int iteration) {
      return new Rates((float) learningRate, 0, 1);
    }

    @Override
    public void apply(Kernels kernels, Vectors v) {
      kernels.forElements(
          "sgd",
          v.length(),
          v.length(),
          (float) momentum,
          v.cut(),
          v.control(),
          v.scale(),
          v.gradient(),
          v.parameters(),
          momentum == 0 ? 0L : v.moments()[0]);
    }
  }
}
