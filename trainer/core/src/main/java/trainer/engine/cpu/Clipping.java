package trainer.engine.cpu;

import trainer.config.GradientClipping;

/** Gradient clipping. */
record Clipping(GradientClipping bound) {

  /** The factor for a gradient with the given norm. */
  float scale(double gradientNorm) {
    return bound instanceof GradientClipping.Norm norm ? (float) norm.factor(gradientNorm) : 1f;
  }

  /** Clips elements [from, to) of a piece of the gradient. */
  void cut(Parameter parameter, int from, int to) {
    if (bound instanceof GradientClipping.Value value) {
      Updates.cut(parameter.gradient(), (float) value.value(), from, to);
    }
  }
}
