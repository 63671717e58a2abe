package trainer.file;

import java.io.IOException;
import java.nio.file.Path;

/** A file cannot be read or written. */
public class FileException extends TrainerException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public FileException(String message) {
    super(message);
  }

  /** With a message for the user. */
  public FileException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * A file operation that failed.
   *
   * @param failure such as {@code cannot be written}
   * @param cause the operating system's reason, which becomes part of the message
   * @param remedy what to do about it
   */
  public static FileException of(Path file, String failure, IOException cause, String remedy) {
    return new FileException(
        "%s: %s (%s): %s".formatted(file, failure, FileErrors.reason(cause), remedy), cause);
  }

  /** Whether there was no space left, on the disk or in the user's quota. */
  public boolean isFullDisk() {
    return getCause() instanceof IOException cause && FileErrors.isFullDisk(cause);
  }
}
