package trainer.cli.console;

import me.tongfei.progressbar.ProgressBar;

/** Shows how far reading or downloading a file has come, where it takes long enough to be seen. */
public final class ByteBar implements AutoCloseable {
  private static final long WORTH_SHOWING = 50_000_000; // bytes
  private static final long BYTES_PER_MEGABYTE = 1_000_000;

  private final String task;
  private ProgressBar bar;

  public ByteBar(String task) {
    this.task = task;
  }

  public void report(long done, long total) {
    if (total < WORTH_SHOWING) {
      return;
    }
    if (bar == null) {
      bar = Console.bar(task, 0, total, "MB", BYTES_PER_MEGABYTE);
    }
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
