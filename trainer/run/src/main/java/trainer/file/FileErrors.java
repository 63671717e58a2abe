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

/** What an input or output error means, in words. */
public final class FileErrors {
  private FileErrors() {}

  /** The file, where the error names one, and the operating system's reason. */
  public static String withFile(IOException e) {
    return e instanceof FileSystemException failure && failure.getFile() != null
        ? failure.getFile() + ": " + reason(e)
        : reason(e);
  }

  /**
   * Whether it is the machine that failed (its disk, the server of a file system, open files), so
   * that the same may do later, and not what is there or who may read it. Java has exceptions of
   * their own for files that are missing, forbidden, in the way or no text; what the operating
   * system refuses otherwise comes as one of the general ones.
   */
  public static boolean areTheMachines(IOException e) {
    boolean general =
        e.getClass() == IOException.class || e.getClass() == FileSystemException.class;
    return general && !isInTheWay(e);
  }

  /** A directory has the name that a file was to get. */
  private static boolean isInTheWay(IOException e) {
    return e instanceof FileSystemException failure
        && failure.getOtherFile() != null
        && Files.isDirectory(Path.of(failure.getOtherFile()));
  }

  /** Whether there was no space left, on the disk or in the user's quota. */
  public static boolean isFullDisk(IOException e) {
    String reason = reason(e);
    return reason.contains("No space left")
        || reason.toLowerCase(Locale.ROOT).contains("quota")
        || reason.equals(fullDiskInWords());
  }

  /** This system's message for a full disk in the user's language; null where there is none. */
  private static String fullDiskInWords() {
    try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
      full.write(ByteBuffer.allocate(1));
      return null;
    } catch (IOException e) {
      return e instanceof FileSystemException ? null : e.getMessage(); // null: not on this system
    }
  }

  /** The operating system's reason in a few words. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file of that name is in the way";
    }
    if (e instanceof NotDirectoryException) {
      return "not a directory";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return "a directory of that name is in the way";
    }
    if (e instanceof CharacterCodingException) {
      return "not UTF-8 text";
    }
    if (e instanceof FileSystemLoopException) {
      return "a link leads back to a folder that it is in";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
