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
   * Describes a failed file operation.
   *
   * @param failure such as {@code cannot be written}
   * @param cause its reason becomes part of the message
   * @param remedy the way out
   */
  public static FileException of(Path file, String failure, IOException cause, String remedy) {
    return new FileException(
        "%s: %s (%s): %s"
            .formatted(ShellWord.shown(file), failure, FileErrors.reason(cause), remedy),
        cause);
  }

  /** Whether the disk is full or the quota exceeded. */
  public boolean isFullDisk() {
    return getCause() instanceof IOException cause && FileErrors.isFullDisk(cause);
  }
}
