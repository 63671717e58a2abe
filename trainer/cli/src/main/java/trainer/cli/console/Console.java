package trainer.cli.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** Messages on standard error, and on a terminal a progress bar below them. */
public final class Console {
  private static final Screen SCREEN =
      new Screen(() -> System.err, isTerminal(Path.of("/proc/self/fd/2")));

  private Console() {}

  /** Prints a line, above the bar if one is shown. */
  public static void line(String text) {
    SCREEN.line(printable(text));
  }

  /**
   * Replaces control characters, except newline and tab, by {@code ?}: text from untrusted files
   * must not send escape sequences to the terminal.
   */
  public static String printable(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Whether standard output is a terminal. */
  public static boolean isOutputTerminal() {
    return isTerminal(Path.of("/proc/self/fd/1"));
  }

  /** Whether a stream of this process is a terminal that can redraw a line. */
  @SuppressWarnings("SystemConsoleNull") // the best test on JDK 17 without /proc
  private static boolean isTerminal(Path stream) {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      Path device = Files.readSymbolicLink(stream);
      return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
    } catch (IOException e) {
      return System.console() != null; // not Linux
    }
  }

  /**
   * A progress bar, which disappears when closed; null without a terminal.
   *
   * @param initial count at the start
   * @param unit displayed, such as {@code MB}
   * @param size counts per unit
   */
  public static ProgressBar bar(String task, long initial, long total, String unit, long size) {
    if (!SCREEN.isTerminal()) {
      return null;
    }
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(total)
        .startsFrom(initial, Duration.ZERO)
        .setUpdateIntervalMillis(500)
        .continuousUpdate()
        .setRenderer(new ProgressLine(unit, size))
        .setConsumer(
            new ConsoleProgressBarConsumer(System.err) {
              @Override
              public void accept(String text) {
                SCREEN.status(text);
              }

              @Override
              public void clear() {
                SCREEN.status("");
              }

              @Override
              public void close() {
                SCREEN.status("");
              }
            })
        .build();
  }

  /** Formats independently of the locale. */
  public static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** Hours, minutes and seconds, such as {@code 1:02:03}. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    return format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** Converts nats to bits. */
  public static double bits(double nats) {
    return nats / Math.log(2);
  }
}
