package trainer.cli.console;

/** A progress bar for reading or downloading a large file. */
public final class ByteBar implements AutoCloseable {
  private static final long SMALLEST = 50_000_000; // bytes
  private static final long BYTES_PER_MEGABYTE = 1_000_000;

  private final String task;
  private Bar bar; // null without a terminal

  public ByteBar(String task) {
    this.task = task;
  }

  public void report(long done, long total) {
    if (total < SMALLEST) {
      return;
    }
    if (bar == null) {
      bar = Console.bar(task, 0, total, "MB", BYTES_PER_MEGABYTE);
    }
    if (bar != null) {
      bar.show(done);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
