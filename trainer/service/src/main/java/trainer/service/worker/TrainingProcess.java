package trainer.service.worker;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.program.Errors;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;

/** The process of one attempt, and its outcome. Not thread-safe. */
final class TrainingProcess {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingProcess.class);
  private static final int SUCCEEDED = 0;
  private static final int FAILED = 1;
  private static final int REFUSED = 2;
  private static final int SIGINT = 130;
  private static final int SIGTERM = 143;
  private static final int LOG_END_BYTES = 8192;

  private final Lease lease;
  private final Slot slot;
  private final Process process;
  private final Path log;
  private Stop stop;
  private long stopNanos;

  /** Why a process was asked to stop. */
  enum Stop {
    CANCELLED,
    RELEASED
  }

  TrainingProcess(Lease lease, Slot slot, Process process, Path log) {
    this.lease = lease;
    this.slot = slot;
    this.process = process;
    this.log = log;
  }

  Lease lease() {
    return lease;
  }

  Slot slot() {
    return slot;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Requests a checkpoint and exit by closing its standard input; the process ignores signals,
   * which others may send. The first reason counts.
   */
  void stop(Stop why) {
    if (stop == null) {
      stop = why;
      stopNanos = System.nanoTime();
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        LOG.debug("already closed", e);
      }
    }
  }

  /** Kills the process if it ignored {@link #stop} for the grace period. */
  void killAfter(Duration grace) {
    if (stop != null && System.nanoTime() - stopNanos > grace.toNanos()) {
      process.destroyForcibly();
    }
  }

  void kill() {
    process.destroyForcibly();
  }

  /**
   * Maps the exit code to the run's next state. 2 (bad input): failed, no retry. 1 (training or
   * machine failure): one retry, since the cause may be transient. Killed: up to {@code retries}.
   * 130/143: requeued, because the signal came before the process could ignore it.
   */
  Outcome outcome(WorkerSettings settings) {
    int code = process.exitValue();
    if (code == SUCCEEDED) {
      return Outcome.succeeded();
    }
    if (stop != null) {
      return switch (stop) {
        case CANCELLED -> Outcome.cancelled();
        case RELEASED -> Outcome.released("the service was stopped");
      };
    }
    return switch (code) {
      case REFUSED -> Outcome.refused(lastError("it ended with exit code " + code));
      case SIGINT, SIGTERM ->
          Outcome.released("its process was stopped by a signal during start-up");
      case FAILED -> failed(code, settings, Math.min(1, settings.retries()));
      default -> failed(code, settings, settings.retries());
    };
  }

  private Outcome failed(int code, WorkerSettings settings, int retries) {
    String reason =
        lastError(
            code > 128
                ? "its process was killed by signal %d".formatted(code - 128)
                : "its process ended with exit code %d".formatted(code));
    int failures = lease.run().failures();
    return failures < retries
        ? Outcome.retried(reason, settings.backOff(failures))
        : Outcome.failed("%s, %d times in all".formatted(reason, failures + 1));
  }

  /** The program's error at the end of its log. */
  private String lastError(String otherwise) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(0, file.length() - LOG_END_BYTES);
      byte[] end = new byte[(int) (file.length() - start)];
      file.seek(start);
      file.readFully(end);
      return Errors.in(new String(end, StandardCharsets.UTF_8)).orElse(otherwise);
    } catch (IOException e) {
      return otherwise;
    }
  }
}
