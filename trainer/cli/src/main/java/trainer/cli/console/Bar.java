package trainer.cli.console;

import me.tongfei.progressbar.ProgressBar;

/** A progress bar below the lines of a terminal, which disappears when closed. */
public final class Bar implements AutoCloseable {
  private final ProgressLine line;
  private final ProgressBar bar;

  Bar(ProgressLine line, ProgressBar bar) {
    this.line = line;
    this.bar = bar;
  }

  /** Shows a count, and the time left at the mean speed so far. */
  public void show(long done) {
    bar.stepTo(done);
  }

  /**
   * Shows a count. At once where the task changes, otherwise within half a second.
   *
   * @param details after the count, instead of the time left
   */
  public void show(String task, long done, String details) {
    boolean changed = !task.equals(line.task());
    line.task(task);
    bar.stepTo(done);
    bar.setExtraMessage(details);
    if (changed) {
      bar.refresh();
    }
  }

  /** Draws what was shown last. */
  public void refresh() {
    bar.refresh();
  }

  @Override
  public void close() {
    bar.close();
  }
}
