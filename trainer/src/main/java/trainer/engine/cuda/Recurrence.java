package trainer.engine.cuda;

import java.util.Locale;

/** How the GPU gets from a time step of a layer to the next. */
enum Recurrence {
  /** By a product and a kernel for each step. */
  STEPS,

  /** By one kernel for all steps, which keeps the weights on the chip, where the layer fits. */
  PERSISTENT;

  /** The setting: a Java system property, or the environment variable TRAINER_CUDA_RECURRENCE. */
  static final String SETTING = "trainer.cuda.recurrence";

  private static final String VARIABLE = "TRAINER_CUDA_RECURRENCE";

  /**
   * As the setting says; else by steps, until the other has been seen to be right on GPUs.
   *
   * @throws CudaException if the setting is something else
   */
  static Recurrence ofThisMachine() {
    String setting = System.getProperty(SETTING, System.getenv(VARIABLE));
    if (setting == null) {
      return STEPS;
    }
    return switch (setting) {
      case "steps" -> STEPS;
      case "persistent" -> PERSISTENT;
      default ->
          throw new CudaException(
              "%s (or %s) is '%s': it can be 'steps' or 'persistent'"
                  .formatted(VARIABLE, SETTING, setting));
    };
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
