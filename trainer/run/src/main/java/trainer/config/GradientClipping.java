package trainer.config;

import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;
import trainer.config.binding.SelectedByKey;

/** The bound on a gradient before it is used. */
@SelectedByKey
public sealed interface GradientClipping {
  /** Scales the whole gradient down to this L2 norm where it is longer. */
  record Norm(
      @Describe("largest L2 norm of the whole gradient, which is scaled down to it")
          @Range("(0, inf)")
          double norm)
      implements GradientClipping {

    public Norm {
      Rules.of(Norm.class, norm).check();
    }

    /**
     * What a gradient of the given L2 norm is multiplied by, as PyTorch's clip_grad_norm_ computes
     * it.
     */
    public double factor(double found) {
      return Math.min(1, norm / (found + 1e-6));
    }
  }

  /** Cuts every element to [-value, value]. */
  record Value(
      @Describe("largest magnitude of an element, which is cut off there") @Range("(0, inf)")
          double value)
      implements GradientClipping {

    public Value {
      Rules.of(Value.class, value).check();
    }
  }

  /** No bound. */
  record None() implements GradientClipping {}
}
