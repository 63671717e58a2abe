package trainer.engine.cuda;

import java.util.Locale;

/** How the GPU gets from a time step of a layer to the next. */
public enum Recurrence {
  /** By a product and a kernel for each step. */
  STEPS,

  /** By one kernel for all steps, which keeps the weights on the chip, where the layer fits. */
  PERSISTENT;

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
