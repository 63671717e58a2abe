package trainer.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import trainer.file.FileErrors;

/**
 * Something is wrong with a run directory or one of its files. The message is complete: it names
 * the file, what is wrong with it, and the way out.
 */
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What was found wrong here. */
  public RunException(String message) {
    super(message);
  }

  /** What something else has found wrong. */
  public RunException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * A file operation that failed.
   *
   * @param file the file it was done to
   * @param failure such as {@code cannot be written}
   * @param cause what the operating system said; its reason becomes part of the message
   * @param remedy what to do about it
   */
  static RunException of(Path file, String failure, IOException cause, String remedy) {
    return new RunException(
        "%s: %s (%s): %s".formatted(file, failure, FileErrors.reason(cause), remedy), cause);
  }

  /** Whether there was no space left, on the disk or of what the user may take of it. */
  boolean isFullDisk() {
    return getCause() instanceof IOException cause && isFullDisk(cause);
  }

  static boolean isFullDisk(IOException cause) {
    String reason = FileErrors.reason(cause);
    return reason.contains("No space left")
        || reason.toLowerCase(Locale.ROOT).contains("quota")
        || reason.equals(fullDiskInWords());
  }

  /** What this system says of a full disk in the language of its user, or null. */
  private static String fullDiskInWords() {
    try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
      full.write(ByteBuffer.allocate(1));
      return null;
    } catch (IOException e) {
      return e instanceof FileSystemException ? null : e.getMessage(); // null: not on this system
    }
  }
}
