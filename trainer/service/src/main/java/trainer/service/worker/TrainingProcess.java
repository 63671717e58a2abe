package trainer.service.worker;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;

/** The process of one attempt at a run, and what its end says. Not safe for several threads. */
final class TrainingProcess {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingProcess.class);
  private static final int SUCCEEDED = 0;
  private static final int FAILED = 1;
  private static final int REFUSED = 2;
  private static final int SIGINT = 130;
  private static final int SIGTERM = 143;
  private static final int LOG_END_BYTES = 8192;
  private static final int REASON_CHARACTERS = 2000;
  private static final String ERROR = "error: ";

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
   * Asks it to leave a checkpoint and end, by closing its input: a signal it could get from others,
   * too, and it takes no notice of any. The first reason stands.
   */
  void stop(Stop why) {
    if (stop == null) {
      stop = why;
      stopNanos = System.nanoTime();
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        LOG.debug("its input is closed already", e);
      }
    }
  }

  /** Kills it if it was asked to end long ago. */
  void killAfter(Duration grace) {
    if (stop != null && System.nanoTime() - stopNanos > grace.toNanos()) {
      process.destroyForcibly();
    }
  }

  void kill() {
    process.destroyForcibly();
  }

  /**
   * What becomes of the run, now that the process has ended. A configuration or a text that cannot
   * be used will not be better another time. What the program itself calls a failure may be one of
   * the machine, such as a lost GPU, or training that repeats exactly: it is tried once more.
   * Whatever killed the process may be gone by another time. Signals that ask it to end it ignores
   * once it has begun: one that came before was meant for the whole service, or changes nothing.
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
      case REFUSED -> Outcome.failed(lastError("it ended with exit code " + code));
      case SIGINT, SIGTERM -> Outcome.released("its process was stopped by a signal as it began");
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

  /** What the program said was wrong, at the end of its log. */
  private String lastError(String otherwise) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(0, file.length() - LOG_END_BYTES);
      byte[] end = new byte[(int) (file.length() - start)];
      file.seek(start);
      file.readFully(end);
      String text = "\n" + new String(end, StandardCharsets.UTF_8);
      int error = text.lastIndexOf("\n" + ERROR);
      if (error < 0) {
        return otherwise;
      }
      String reason = text.substring(error + 1 + ERROR.length()).strip();
      return reason.length() > REASON_CHARACTERS
          ? reason.substring(0, REASON_CHARACTERS) + "…"
          : reason;
    } catch (IOException e) {
      return otherwise;
    }
  }
}
