package trainer.engine.cpu;

import trainer.config.GradientClipping;

/** The bound on the gradient. */
record Clipping(GradientClipping bound) {

  /** What a gradient of so long a norm is multiplied by. */
  float scale(double found) {
    return bound instanceof GradientClipping.Norm norm ? (float) norm.factor(found) : 1f;
  }

  /** Cuts the elements of a piece of the gradient. */
  void cut(Parameter parameter) {
    if (bound instanceof GradientClipping.Value value) {
      Updates.cut(parameter.gradient(), (float) value.value(), 0, parameter.size());
    }
  }
}
