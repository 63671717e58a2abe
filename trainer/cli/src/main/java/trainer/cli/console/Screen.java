package trainer.cli.console;

import java.io.PrintStream;

/** Permanent lines and, on a terminal, a status line below them. Thread-safe. */
final class Screen {
  private static final String CLEAR_LINE = "\r\033[K";

  private final PrintStream out;
  private final boolean terminal;
  private String status = "";

  /**
   * @param terminal whether lines can be redrawn; otherwise {@link #status} does nothing
   */
  Screen(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  boolean isTerminal() {
    return terminal;
  }

  /** Prints a permanent line above the status line. */
  synchronized void line(String text) {
    String cleared = status.isEmpty() ? "" : CLEAR_LINE;
    out.print(cleared + text + System.lineSeparator() + status);
    out.flush();
  }

  /** Replaces the status line, which must be narrower than the terminal. Empty: clears it. */
  synchronized void status(String text) {
    if (terminal && !(status.isEmpty() && text.isEmpty())) {
      out.print(CLEAR_LINE + text);
      out.flush();
      status = text;
    }
  }
}
