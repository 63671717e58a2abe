package trainer.cli;

import me.tongfei.progressbar.ProgressBar;

/** Shows how far reading the corpus has come, where it takes long enough to be seen. */
final class EncodingProgress implements AutoCloseable {
  private static final long WORTH_SHOWING = 50_000_000; // bytes
  private static final long BYTES_PER_MEGABYTE = 1_000_000;

  private ProgressBar bar;

  void report(long done, long total) {
    if (total < WORTH_SHOWING) {
      return;
    }
    if (bar == null) {
      bar = Console.bar("reading the corpus", 0, total, " MB", BYTES_PER_MEGABYTE);
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
