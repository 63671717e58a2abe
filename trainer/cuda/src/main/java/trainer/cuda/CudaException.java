package trainer.cuda;

/** What a CUDA library refused, or what is missing in order to use one. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CudaException(String message) {
    super(message);
  }
}
