package trainer.cli.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;

/** Messages on standard error, and on a terminal a progress bar below them. */
public final class Console {
  private static final Screen SCREEN =
      new Screen(() -> System.err, isTerminal(Path.of("/proc/self/fd/2")));

  private static final int DELETE = 0x7F;

  private Console() {}

  /** Prints a line, above the bar if one is shown. */
  public static void line(String text) {
    SCREEN.line(printable(text));
  }

  /**
   * Makes control characters visible, except newline and tab: ESC becomes {@code ^[}, as with
   * {@code cat -v}. Text from untrusted files must not send escape sequences to the terminal.
   */
  public static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (!Character.isISOControl(c) || c == '\n' || c == '\t') {
                out.appendCodePoint(c);
              } else if (c <= DELETE) {
                out.append('^').append((char) (c ^ 0x40));
              } else {
                out.append(format("\\u%04x", c));
              }
            });
    return out.toString();
  }

  /** Whether messages go to a terminal. */
  public static boolean isTerminal() {
    return SCREEN.isTerminal();
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
  public static Bar bar(String task, long initial, long total, String unit, long size) {
    if (!SCREEN.isTerminal()) {
      return null;
    }
    ProgressLine line = new ProgressLine(task, unit, size);
    ProgressBarBuilder builder = new ProgressBarBuilder();
    builder
        .setInitialMax(total)
        .startsFrom(initial, Duration.ZERO)
        .setUpdateIntervalMillis(500)
        .continuousUpdate()
        .setRenderer(line)
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
            });
    return new Bar(line, builder.build());
  }

  /** Formats independently of the locale. */
  public static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** Such as {@code 34 s}, {@code 3 min 12 s} or {@code 1 h 02 min}. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? format("%d min %02d s", whole / 60, whole % 60)
        : format("%d h %02d min", whole / 3600, whole / 60 % 60);
  }

  /** Converts nats to bits. */
  public static double bits(double nats) {
    return nats / Math.log(2);
  }
}
