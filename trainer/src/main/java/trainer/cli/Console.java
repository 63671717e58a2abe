package trainer.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** What a person watching sees, on standard error: lines, and on a terminal a bar below them. */
final class Console {
  private static final PrintStream ERR = System.err;
  private static final String CLEAR_LINE = "\r\033[K";
  private static final boolean TERMINAL = isTerminal(Path.of("/proc/self/fd/2"));

  private Console() {}

  /** Prints a line, above the bar if there is one. */
  static synchronized void line(String text) {
    ERR.println((TERMINAL ? CLEAR_LINE : "") + text);
  }

  /** Whether standard error is a terminal that can redraw a line. */
  @SuppressWarnings("SystemConsoleNull") // asked only where there is no better way, on JDK 17
  private static boolean isTerminal(Path standardError) {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      return Files.readSymbolicLink(standardError).startsWith("/dev/pts");
    } catch (IOException e) {
      return System.console() != null; // not Linux
    }
  }

  /**
   * A bar for a long piece of work; null without a terminal.
   *
   * @param unit of the counts, such as {@code it}
   * @param size how many of the counts a unit is
   */
  static ProgressBar bar(String task, long initial, long total, String unit, long size) {
    if (!TERMINAL) {
      return null;
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500)
            .setUnit(unit, size)
            .continuousUpdate()
            .build();
    bar.stepTo(initial);
    return bar;
  }

  /** Hours, minutes and seconds, such as {@code 1:02:03}. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** A rate in readable units, such as {@code 21.5 k chars/s}. */
  static String speed(double charactersPerSecond) {
    return charactersPerSecond >= 1e6
        ? String.format(Locale.ROOT, "%.2f M chars/s", charactersPerSecond / 1e6)
        : String.format(Locale.ROOT, "%.1f k chars/s", charactersPerSecond / 1e3);
  }
}
