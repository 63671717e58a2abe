package trainer.engine.cpu;

import trainer.config.GradientClipping;

/**
 * The bound on the gradient.
 *
 * @param norm the longest L2 norm of the whole gradient; infinite: no bound
 * @param value the largest absolute value of an element; infinite: no bound
 */
record Clipping(double norm, double value) {

  static Clipping of(GradientClipping clipping) {
    if (clipping instanceof GradientClipping.Norm n) {
      return new Clipping(n.norm(), Double.POSITIVE_INFINITY);
    } else if (clipping instanceof GradientClipping.Value v) {
      return new Clipping(Double.POSITIVE_INFINITY, v.value());
    }
    return new Clipping(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /** What a gradient of so long a norm is multiplied by. */
  float scale(double found) {
    return found > norm ? (float) (norm / found) : 1f;
  }

  /** Cuts the elements of a piece of the gradient. */
  void cut(Parameter parameter) {
    if (value < Double.POSITIVE_INFINITY) {
      Updates.cut(parameter.gradient(), (float) value, 0, parameter.size());
    }
  }
}
