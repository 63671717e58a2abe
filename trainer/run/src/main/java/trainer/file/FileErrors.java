package trainer.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** Classifies and words I/O errors. */
public final class FileErrors {
  private FileErrors() {}

  /** The file, if the error names one, and the reason. */
  public static String withFile(IOException e) {
    return e instanceof FileSystemException failure && failure.getFile() != null
        ? ShellWord.shown(failure.getFile()) + ": " + reason(e)
        : reason(e);
  }

  /**
   * Whether the machine failed (disk, file server, file descriptors), so that a retry may succeed,
   * rather than the file being missing, forbidden or of the wrong kind. Java has specific
   * exceptions for the latter; all other errors of the operating system are of the two general
   * classes.
   */
  public static boolean areTheMachines(IOException e) {
    boolean general =
        e.getClass() == IOException.class || e.getClass() == FileSystemException.class;
    return general && !isInTheWay(e);
  }

  /** The target of a rename is a directory. */
  private static boolean isInTheWay(IOException e) {
    return e instanceof FileSystemException failure
        && failure.getOtherFile() != null
        && Files.isDirectory(Path.of(failure.getOtherFile()));
  }

  /** Whether the disk is full or the quota exceeded. */
  public static boolean isFullDisk(IOException e) {
    String reason = reason(e);
    return reason.contains("No space left")
        || reason.toLowerCase(Locale.ROOT).contains("quota")
        || reason.equals(fullDiskInWords());
  }

  /** The system's localized message for a full disk; null if unknown. */
  private static String fullDiskInWords() {
    try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
      full.write(ByteBuffer.allocate(1));
      return null;
    } catch (IOException e) {
      return e instanceof FileSystemException ? null : e.getMessage(); // null: no /dev/full here
    }
  }

  /** The reason in a few words. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file of that name exists";
    }
    if (e instanceof NotDirectoryException) {
      return "not a directory";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return "a directory of that name exists";
    }
    if (e instanceof CharacterCodingException) {
      return "not UTF-8 text";
    }
    if (e instanceof FileSystemLoopException) {
      return "a link refers to one of its parent folders";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
