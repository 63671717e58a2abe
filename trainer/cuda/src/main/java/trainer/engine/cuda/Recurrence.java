package trainer.engine.cuda;

import java.util.Locale;

/** How the GPU runs the time steps of a layer. */
public enum Recurrence {
  /** One GEMM and one kernel per step. */
  STEPS,

  /** One kernel for all steps, with the weights in shared memory, if the layer fits. */
  PERSISTENT;

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
