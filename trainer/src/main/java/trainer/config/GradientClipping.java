package trainer.config;

/** The bound on a gradient before it is used. */
public sealed interface GradientClipping {
  /** Scales the whole gradient down to this L2 norm where it is longer. */
  record Norm(double norm) implements GradientClipping {}

  /** Cuts every element to [-value, value]. */
  record Value(double value) implements GradientClipping {}

  /** No bound. */
  record None() implements GradientClipping {}
}
