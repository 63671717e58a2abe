package trainer.cuda;

import trainer.file.TrainerException;

/** What a CUDA library refused, or what is missing in order to use one. */
public final class CudaException extends TrainerException {
  private static final long serialVersionUID = 1;

  public CudaException(String message) {
    super(message);
  }

  /** True: another try may succeed. */
  @Override
  public boolean isTransient() {
    return true;
  }
}
