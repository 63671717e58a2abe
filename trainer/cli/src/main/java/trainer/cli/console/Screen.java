package trainer.cli.console;

import java.io.PrintStream;

/**
 * Lines of text that stay, and on a terminal, below them, one line that is redrawn. Safe for
 * several threads.
 */
final class Screen {
  private static final String CLEAR_LINE = "\r\033[K";

  private final PrintStream out;
  private final boolean terminal;
  private String status = "";

  /**
   * @param terminal whether a line can be redrawn; otherwise {@link #status} does nothing
   */
  Screen(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  boolean isTerminal() {
    return terminal;
  }

  /** Prints what stays, above the line that is redrawn. */
  synchronized void line(String text) {
    String cleared = status.isEmpty() ? "" : CLEAR_LINE;
    out.print(cleared + text + System.lineSeparator() + status);
    out.flush();
  }

  /** Redraws the last line; it must be shorter than the terminal is wide. Empty: clears it. */
  synchronized void status(String text) {
    if (terminal && !(status.isEmpty() && text.isEmpty())) {
      out.print(CLEAR_LINE + text);
      out.flush();
      status = text;
    }
  }
}
