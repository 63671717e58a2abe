package trainer.file;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Counts and reports the bytes of a long operation, and cancels it on request. */
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
   * Counts bytes.
   *
   * @throws CancellationException if cancellation was requested
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
