package trainer.cli;

import trainer.cli.service.ServiceException;

import java.io.IOException;
import java.net.SocketException;
import java.net.http.HttpTimeoutException;
import trainer.config.ConfigurationException;
import trainer.run.RunException;
import trainer.file.FileErrors;
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

  private static boolean is(IOException cause) {
    return FileErrors.areTheMachines(cause)
        || cause instanceof SocketException
        || cause instanceof HttpTimeoutException;
  }
}
