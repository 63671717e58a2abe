package trainer.config;

/** How weights start; biases start at zero. */
public sealed interface Initializer {
  /** Normal with variance 2 / (fan in + fan out). */
  record Xavier() implements Initializer {}

  /** Uniform in [-range, range]. */
  record Uniform(double range) implements Initializer {}
}
