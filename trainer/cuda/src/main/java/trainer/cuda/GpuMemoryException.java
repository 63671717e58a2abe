package trainer.cuda;

/** The GPU has too little memory. The message names the settings to lower. */
public final class GpuMemoryException extends CudaException {
  private static final long serialVersionUID = 1;

  /**
   * @param message to which the settings to lower are added
   */
  public GpuMemoryException(String message) {
    super(message + "; " + Gpu.LESS_MEMORY);
  }
}
