package trainer.cuda;

import trainer.file.TrainerException;

/** A CUDA call that failed, or a missing requirement of CUDA. */
public class CudaException extends TrainerException {
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
