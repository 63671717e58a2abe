package trainer.config;

import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;
import trainer.config.binding.SelectedByKey;

/** Bounds a gradient before the update. */
@SelectedByKey
public sealed interface GradientClipping {
  /** Scales a gradient with a larger L2 norm down to this norm. */
  record Norm(
      @Describe("maximum L2 norm of the whole gradient; a larger one is scaled down")
          @Range("(0, inf)")
          double norm)
      implements GradientClipping {

    public Norm {
      Rules.of(Norm.class, norm).check();
    }

    /** The factor for a gradient of the given L2 norm, as in PyTorch's clip_grad_norm_. */
    public double factor(double found) {
      return Math.min(1, norm / (found + 1e-6));
    }
  }

  /** Clips each element to [-value, value]. */
  record Value(
      @Describe("maximum magnitude of an element; a larger one is clipped") @Range("(0, inf)")
          double value)
      implements GradientClipping {

    public Value {
      Rules.of(Value.class, value).check();
    }
  }

  /** No clipping. */
  record None() implements GradientClipping {}
}
