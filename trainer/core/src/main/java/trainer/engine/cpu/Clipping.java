package trainer.engine.cpu;

import trainer.config.GradientClipping;

/** Gradient clipping. */
record Clipping(GradientClipping bound) {

  /** The factor for a gradient with the given norm. */
  float scale(double gradientNorm) {
    return bound instanceof GradientClipping.Norm norm ? (float) norm.factor(gradientNorm) : 1f;
  }

  /** Clips the elements of a piece of the gradient. */
  void cut(Parameter parameter) {
    if (bound instanceof GradientClipping.Value value) {
      Updates.cut(parameter.gradient(), (float) value.value(), 0, parameter.size());
    }
  }
}
