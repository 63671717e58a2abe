package trainer.cli.console;

import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * Draws progress in one line, such as {@code training 23 % [====> ] 46/200 it · loss 3.765 nats ·
 * ETA 12 s}. The bar fills the remaining width.
 */
final class ProgressLine implements ProgressBarRenderer {
  private static final int LONGEST_BAR = 30;
  private static final int SHORTEST_BAR = 5;
  private static final int FRAME = 3; // brackets and a space

  private final String unit;
  private final long size;
  private volatile String task;

  /**
   * @param task what is being done
   * @param unit displayed, such as {@code MB}
   * @param size counts per unit
   */
  ProgressLine(String task, String unit, long size) {
    this.task = task;
    this.unit = unit;
    this.size = size;
  }

  String task() {
    return task;
  }

  void task(String next) {
    task = next;
  }

  @Override
  public String render(ProgressState progress, int width) {
    double done = progress.getNormalizedProgress();
    String before = String.format(Locale.ROOT, "%s %.0f %% ", task, Math.floor(100 * done));
    String after =
        String.format(
            Locale.ROOT,
            "%,d/%,d %s%s",
            progress.getCurrent() / size,
            progress.getMax() / size,
            unit,
            progress.getExtraMessage().isEmpty() ? eta(progress) : progress.getExtraMessage());
    int room = width - 1 - FRAME - before.length() - after.length();
    String line =
        before + (room < SHORTEST_BAR ? "" : bar(done, Math.min(room, LONGEST_BAR))) + after;
    // One column stays free: a terminal may wrap after the last one.
    return line.substring(0, Math.min(line.length(), Math.max(0, width - 1)));
  }

  private static String bar(double done, int cells) {
    int full = (int) (done * cells);
    String head = full < cells ? ">" : "";
    return "[" + "=".repeat(full) + head + " ".repeat(cells - full - head.length()) + "] ";
  }

  /** From the mean speed of this process; empty before the first count. */
  private static String eta(ProgressState progress) {
    long done = progress.getCurrent() - progress.getStart();
    if (done <= 0) {
      return "";
    }
    double seconds = progress.getElapsedAfterStart().toNanos() / 1e9;
    long todo = progress.getMax() - progress.getCurrent();
    return " · ETA " + Console.duration(seconds / done * todo);
  }
}
