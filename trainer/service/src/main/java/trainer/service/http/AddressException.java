package trainer.service.http;

import trainer.file.TrainerException;

/** The service cannot listen on its address; the message is complete. */
public final class AddressException extends TrainerException {
  private static final long serialVersionUID = 1;

  AddressException(String message, Throwable cause) {
    super(message, cause);
  }

  /** False: the address is wrong or in use. */
  @Override
  public boolean isTransient() {
    return false;
  }
}
