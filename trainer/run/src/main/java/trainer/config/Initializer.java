package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Distribution of initial weights; biases start at zero. */
public sealed interface Initializer {
  /** Normal with variance 2 / (fan in + fan out). */
  record Xavier() implements Initializer {}

  /** Uniform in [-range, range]. */
  record Uniform(
      @Describe("maximum magnitude of a weight") @Default("0.08") @Range("(0, inf)") double range)
      implements Initializer {

    public Uniform {
      Rules.of(Uniform.class, range).check();
    }
  }
}
