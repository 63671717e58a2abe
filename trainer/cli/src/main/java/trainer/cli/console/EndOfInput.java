package trainer.cli.console;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * Notices the end of standard input, a pipe from the program that started this one: that program
 * asks this one to stop, or is gone.
 */
final class EndOfInput {
  private EndOfInput() {}

  /**
   * Begins to wait for it.
   *
   * @param ended told how it ended
   */
  static void await(Consumer<String> ended) {
    Thread thread = new Thread(() -> ended.accept(end(System.in)), "end-of-input");
    thread.setDaemon(true);
    thread.start();
  }

  private static String end(InputStream in) {
    try {
      while (in.read() >= 0) {
        // Whatever is written there means nothing.
      }
      return "end of standard input";
    } catch (IOException e) {
      return "standard input cannot be read: " + e.getMessage();
    }
  }
}
