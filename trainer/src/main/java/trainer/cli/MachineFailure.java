package trainer.cli;

import java.io.IOException;
import java.net.SocketException;
import java.net.http.HttpTimeoutException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import trainer.config.ConfigurationException;
import trainer.run.RunException;
import trainer.text.TextException;

/**
 * Tells what the machine could not do (no space, a disk's error, too many open files, a directory
 * that another trainer holds, no network, a service that is gone) from what is wrong with what it
 * was given.
 */
final class MachineFailure {
  private MachineFailure() {}

  /**
   * Whether a configuration, a text, a run or a service failed by the machine, so that the same
   * command may do later.
   */
  static boolean isBehind(Throwable failure) {
    if (failure instanceof ServiceException service) {
      return service.isPassing();
    }
    return (failure instanceof ConfigurationException
            || failure instanceof TextException
            || failure instanceof RunException)
        && failure.getCause() instanceof IOException cause
        && is(cause);
  }

  /**
   * Java has exceptions of their own for files that are missing, forbidden, in the way or no text.
   * What the operating system refuses otherwise comes as one of the general ones.
   */
  private static boolean is(IOException cause) {
    boolean general =
        cause.getClass() == IOException.class || cause.getClass() == FileSystemException.class;
    return (general && !isInTheWay(cause))
        || cause instanceof SocketException
        || cause instanceof HttpTimeoutException;
  }

  /** A directory has the name that a file was to get. */
  private static boolean isInTheWay(IOException cause) {
    return cause instanceof FileSystemException failure
        && failure.getOtherFile() != null
        && Files.isDirectory(Path.of(failure.getOtherFile()));
  }
}
