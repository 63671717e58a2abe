package trainer.engine.cpu;

import trainer.config.Optimizer;

/** Changes parameters by their gradient, as PyTorch defines each optimizer. */
interface UpdateRule {

  /**
   * Updates a piece of the parameters.
   *
   * @param scale what the gradient is multiplied by first
   * @param iteration updates made before this one
   */
  void apply(Parameter parameter, float scale, double learningRate, int iteration);

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
    throw new IllegalArgumentException("optimizer " + optimizer + " is unknown to the cpu engine");
  }

  /**
   * m = β₁m + (1-β₁)g, v = β₂v + (1-β₂)g², w = w - lr·m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε); weights, not
   * biases, are first made smaller by lr·decay·w.
   */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay)
      implements UpdateRule {
    @Override
    public void apply(Parameter parameter, float scale, double learningRate, int iteration) {
      double first = 1 - Math.pow(beta1, iteration + 1.0);
      double second = Math.sqrt(1 - Math.pow(beta2, iteration + 1.0));
      float step = (float) (learningRate * second / first);
      float small = (float) (epsilon * second);
      float keep = parameter.decays() ? (float) (1 - learningRate * weightDecay) : 1f;
      float[] w = parameter.values();
      float[] g = parameter.gradient();
      float[] m = parameter.moment(0);
      float[] v = parameter.moment(1);
      float addFirst = (float) ((1 - beta1) * scale);
      float addSecond = (float) ((1 - beta2) * scale * scale);
      for (int from = 0, to; from < w.length; from = to) {
        to = Math.min(w.length, from + Planes.RANGE);
        Updates.average(m, g, (float) beta1, addFirst, from, to);
        Updates.averageSquare(v, g, (float) beta2, addSecond, from, to);
        if (keep != 1f) {
          Updates.scale(w, keep, from, to);
        }
        Updates.descend(w, m, v, step, small, from, to);
      }
    }
  }

  /** v = decay·v + (1-decay)g², w = w - lr·g / (√v + ε). */
  record RmsProp(double decay, double epsilon) implements UpdateRule {
    @Override
    public void apply(Parameter parameter, float scale, double learningRate, int iteration) {
      float[] w = parameter.values();
      float[] g = parameter.gradient();
      float[] v = parameter.moment(0);
      float add = (float) ((1 - decay) * scale * scale);
      float step = (float) (learningRate * scale);
      for (int from = 0, to; from < w.length; from = to) {
        to = Math.min(w.length, from + Planes.RANGE);
        Updates.averageSquare(v, g, (float) decay, add, from, to);
        Updates.descend(w, g, v, step, (float) epsilon, from, to);
      }
    }
  }

  /** u = momentum·u + g, w = w - lr·u; without momentum there is no u. */
  record Sgd(double momentum) implements UpdateRule {
    @Override
    public void apply(Parameter parameter, float scale, double learningRate, int iteration) {
      float[] w = parameter.values();
      float[] g = parameter.gradient();
      if (momentum == 0) {
        Updates.descend(w, g, (float) (learningRate * scale), 0, w.length);
        return;
      }
      float[] u = parameter.moment(0);
      for (int from = 0, to; from < w.length; from = to) {
        to = Math.min(w.length, from + Planes.RANGE);
        Updates.average(u, g, (float) momentum, scale, from, to);
        Updates.descend(w, u, (float) learningRate, from, to);
      }
    }
  }
}
