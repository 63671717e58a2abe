package trainer.cli.console;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * Watches for the end of standard input, a pipe from the parent process: the parent requests a stop
 * or has died.
 */
final class EndOfInput {
  private EndOfInput() {}

  /**
   * Waits in a daemon thread.
   *
   * @param ended called once, with the reason
   */
  static void await(Consumer<String> ended) {
    Thread thread = new Thread(() -> ended.accept(end(System.in)), "end-of-input");
    thread.setDaemon(true);
    thread.start();
  }

  private static String end(InputStream in) {
    try {
      while (in.read() >= 0) {
        // Input is ignored.
      }
      return "stop requested";
    } catch (IOException e) {
      return "standard input cannot be read: " + e.getMessage();
    }
  }
}
