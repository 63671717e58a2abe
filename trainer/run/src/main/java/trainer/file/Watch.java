package trainer.file;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Counts bytes through a long piece of work, reports them, and stops the work when asked to. */
public final class Watch {
  private final BooleanSupplier cancelled;
  private final ByteProgress progress;
  private long done;
  private long total;

  public Watch(BooleanSupplier cancelled, ByteProgress progress) {
    this.cancelled = cancelled;
    this.progress = progress;
  }

  public static Watch none() {
    return new Watch(() -> false, ByteProgress.none());
  }

  public void start(long bytesDone, long bytesTotal) {
    done = bytesDone;
    total = bytesTotal;
    advance(0);
  }

  /**
   * Counts more bytes.
   *
   * @throws CancellationException when the work is to stop
   */
  public void advance(long bytes) {
    if (cancelled.getAsBoolean() || Thread.currentThread().isInterrupted()) {
      throw stopped(null);
    }
    done += bytes;
    progress.report(done, total);
  }

  public static CancellationException stopped(Exception cause) {
    CancellationException stopped = new CancellationException("stopped on request");
    stopped.initCause(cause);
    return stopped;
  }
}
