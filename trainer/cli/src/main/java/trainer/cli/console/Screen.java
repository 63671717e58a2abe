package trainer.cli.console;

import java.io.PrintStream;
import java.util.function.Supplier;

/** Permanent lines and, on a terminal, a status line below them. Thread-safe. */
final class Screen {
  private static final String CLEAR_LINE = "\r\033[K";

  private final Supplier<PrintStream> stream; // asked each time: a test replaces standard error
  private final boolean terminal;
  private String status = "";

  /**
   * @param terminal whether lines can be redrawn; otherwise {@link #status} does nothing
   */
  Screen(Supplier<PrintStream> stream, boolean terminal) {
    this.stream = stream;
    this.terminal = terminal;
  }

  boolean isTerminal() {
    return terminal;
  }

  /** Prints a permanent line above the status line. */
  synchronized void line(String text) {
    String cleared = status.isEmpty() ? "" : CLEAR_LINE;
    PrintStream out = stream.get();
    out.print(cleared + text + System.lineSeparator() + status);
    out.flush();
  }

  /** Replaces the status line, which must be narrower than the terminal. Empty: clears it. */
  synchronized void status(String text) {
    if (terminal && !(status.isEmpty() && text.isEmpty())) {
      PrintStream out = stream.get();
      out.print(CLEAR_LINE + text);
      out.flush();
      status = text;
    }
  }
}
