package trainer.cuda;

/** The GPUs that this process has lost. */
public final class LostGpus {
  private LostGpus() {}

  /** The emulation starts afresh, as a new process does. */
  public static void forget() {
    Gpu.forgetLost();
  }
}
