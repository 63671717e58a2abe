package trainer.engine.cpu;

import trainer.engine.UpdateRule;

/** Applies an update rule to a piece of the parameters, range by range. */
final class ParameterUpdate {
  private final UpdateRule rule;

  ParameterUpdate(UpdateRule rule) {
    this.rule = rule;
  }

  /**
   * Updates elements [from, to).
   *
   * @param scale factor of the gradient, from clipping
   * @param iteration updates made before this one
   */
  void apply(
      Parameter parameter, int from, int to, float scale, double learningRate, int iteration) {
    if (rule instanceof UpdateRule.Adam adam) {
      adam(adam, adam.rates(learningRate, iteration), parameter, from, to, scale);
    } else if (rule instanceof UpdateRule.RmsProp rmsProp) {
      rmsProp(rmsProp, learningRate, parameter, from, to, scale);
    } else if (rule instanceof UpdateRule.Sgd sgd) {
      sgd((float) sgd.momentum(), learningRate, parameter, from, to, scale);
    }
  }

  private static void adam(
      UpdateRule.Adam rule,
      UpdateRule.Rates rates,
      Parameter parameter,
      int first,
      int end,
      float scale) {
    float[] w = parameter.values();
    float[] g = parameter.gradient();
    float[] m = parameter.moment(0);
    float[] v = parameter.moment(1);
    float keep = parameter.decays() ? rates.keep() : 1f;
    float addFirst = (float) ((1 - rule.beta1()) * scale);
    float addSecond = (float) ((1 - rule.beta2()) * scale * scale);
    for (int from = first, to; from < end; from = to) {
      to = Math.min(end, from + ElementwiseOps.RANGE);
      Updates.average(m, g, (float) rule.beta1(), addFirst, from, to);
      Updates.averageSquare(v, g, (float) rule.beta2(), addSecond, from, to);
      if (keep != 1f) {
        Updates.scale(w, keep, from, to);
      }
      Updates.descend(w, m, v, rates.rate(), rates.epsilon(), from, to);
    }
  }

  private static void rmsProp(
      UpdateRule.RmsProp rule,
      double learningRate,
      Parameter parameter,
      int first,
      int end,
      float scale) {
    float[] w = parameter.values();
    float[] g = parameter.gradient();
    float[] v = parameter.moment(0);
    float add = (float) ((1 - rule.decay()) * scale * scale);
    float step = (float) (learningRate * scale);
    for (int from = first, to; from < end; from = to) {
      to = Math.min(end, from + ElementwiseOps.RANGE);
      Updates.averageSquare(v, g, (float) rule.decay(), add, from, to);
      Updates.descend(w, g, v, step, (float) rule.epsilon(), from, to);
    }
  }

  private static void sgd(
      float momentum, double learningRate, Parameter parameter, int first, int end, float scale) {
    float[] w = parameter.values();
    float[] g = parameter.gradient();
    if (momentum == 0) {
      Updates.descend(w, g, (float) (learningRate * scale), first, end);
      return;
    }
    float[] u = parameter.moment(0);
    for (int from = first, to; from < end; from = to) {
      to = Math.min(end, from + ElementwiseOps.RANGE);
      Updates.average(u, g, momentum, scale, from, to);
      Updates.descend(w, u, (float) learningRate, from, to);
    }
  }
}
