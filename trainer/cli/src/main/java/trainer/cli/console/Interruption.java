package trainer.cli.console;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jline.utils.Signals;
import trainer.training.StopSignal;

/**
 * Turns Ctrl-C and SIGTERM into a {@link StopSignal}: the first lets the job stop cleanly, the
 * second exits immediately. A blocked console (Ctrl-S, a full pipe) delays neither.
 */
public final class Interruption {
  private static final int TERMINATED = 143;

  /** Exit codes by signal: 128 plus its number. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", TERMINATED);

  private static final long MESSAGE_TIMEOUT = 1000; // milliseconds

  private final String consequence;
  private final Consumer<String> printer;
  private final Double graceSeconds;
  private final StopSignal stop = new StopSignal();
  private final AtomicInteger exitCode = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  private Interruption(String consequence, Consumer<String> printer, Double graceSeconds) {
    this.consequence = consequence;
    this.printer = printer;
    this.graceSeconds = graceSeconds;
  }

  /**
   * Runs a job that signals may stop.
   *
   * @param consequence message to the user: how the job reacts to a stop request
   * @param job may end early by returning or with a {@link CancellationException}
   * @return the exit code: 0, or 128 plus the number of the signal received
   */
  public static int during(String consequence, Consumer<StopSignal> job) {
    return new Interruption(consequence, Console::line, null).run(job);
  }

  /**
   * Runs a job that signals may stop, with messages printed elsewhere.
   *
   * @param printer receives the messages
   */
  public static int during(String consequence, Consumer<String> printer, Consumer<StopSignal> job) {
    return new Interruption(consequence, printer, null).run(job);
  }

  /**
   * Runs a job that signals may stop, with a timeout.
   *
   * @param graceSeconds seconds after a signal until the process exits anyway; null: no limit
   */
  public static int during(String consequence, Double graceSeconds, Consumer<StopSignal> job) {
    return new Interruption(consequence, Console::line, graceSeconds).run(job);
  }

  /**
   * Runs a job that the end of standard input stops, as SIGTERM would. Signals are ignored: a
   * terminal or systemd sends them to the whole process group, and the parent process decides.
   */
  public static int untilEndOfInput(
      String consequence, Double graceSeconds, Consumer<StopSignal> job) {
    Interruption interruption = new Interruption(consequence, Console::line, graceSeconds);
    return interruption.run(
        signal -> {},
        stop -> {
          EndOfInput.await(reason -> interruption.received(reason, TERMINATED, ""));
          job.accept(stop);
        });
  }

  private int run(Consumer<StopSignal> job) {
    return run(
        signal -> received("SIG" + signal, CODES.get(signal), "; signal again to exit immediately"),
        job);
  }

  private int run(Consumer<String> signalled, Consumer<StopSignal> job) {
    Map<String, Object> before = new TreeMap<>();
    for (String signal : CODES.keySet()) {
      before.put(signal, Signals.register(signal, () -> signalled.accept(signal)));
    }
    try {
      job.accept(stop);
    } catch (CancellationException e) {
      if (!stop.requested()) {
        throw e;
      }
    } finally {
      before.forEach(Signals::unregister);
      ended.countDown();
    }
    return exitCode.get();
  }

  private void received(String reason, int code, String more) {
    if (!exitCode.compareAndSet(0, code)) {
      Runtime.getRuntime().halt(code);
    }
    try {
      if (graceSeconds != null) {
        start("grace-period", () -> exitAfterGracePeriod(code));
      }
      // Before the job's own messages.
      print("%s: %s%s".formatted(reason, consequence, more));
    } finally {
      stop.request(reason);
    }
  }

  private void exitAfterGracePeriod(int code) {
    try {
      if (!ended.await(Math.round(graceSeconds * 1000), TimeUnit.MILLISECONDS)) {
        print(
            "checkpoints.grace_seconds (%s s) exceeded: exiting without another checkpoint"
                .formatted(graceSeconds));
        Runtime.getRuntime().halt(code);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    }
  }

  /** Prints the message, waiting at most 1 s: the console may be blocked. */
  private void print(String message) {
    try {
      start("message", () -> printer.accept(message)).join(MESSAGE_TIMEOUT);
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    }
  }

  private static Thread start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
