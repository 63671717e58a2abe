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
 * Turns Ctrl-C and SIGTERM into a request to stop: the first lets the job finish what must be
 * finished, a second leaves at once. A console that takes no text (a terminal after Ctrl-S, a full
 * pipe) holds neither up.
 */
public final class Interruption {
  private static final int TERMINATED = 143;

  /** Exit codes by signal: 128 and its number. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", TERMINATED);

  private static final long MOST_MILLISECONDS = 1000;

  private final String consequence;
  private final Consumer<String> told;
  private final Double graceSeconds;
  private final StopSignal stop = new StopSignal();
  private final AtomicInteger exitCode = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  private Interruption(String consequence, Consumer<String> told, Double graceSeconds) {
    this.consequence = consequence;
    this.told = told;
    this.graceSeconds = graceSeconds;
  }

  /**
   * Runs a job that signals may end early.
   *
   * @param consequence what the job does when it is asked to stop, for the person who asked
   * @param job given what asks it to stop; it may end by returning or with a {@link
   *     CancellationException}
   * @return the exit code: 0, or 128 and the number of the signal that came
   */
  public static int during(String consequence, Consumer<StopSignal> job) {
    return new Interruption(consequence, Console::line, null).run(job);
  }

  /**
   * The same with messages that go elsewhere.
   *
   * @param told what is said when a signal comes
   */
  public static int during(String consequence, Consumer<String> told, Consumer<StopSignal> job) {
    return new Interruption(consequence, told, null).run(job);
  }

  /**
   * The same with a bound on the time that the job may take for its end.
   *
   * @param graceSeconds after which the process leaves at once; null: as long as it takes
   */
  public static int during(String consequence, Double graceSeconds, Consumer<StopSignal> job) {
    return new Interruption(consequence, Console::line, graceSeconds).run(job);
  }

  /**
   * The same for a job that the end of standard input ends early, as SIGTERM would. Signals do
   * nothing: whoever sends one to all processes of a group, such as a terminal or systemd, sends it
   * to the program that started this one, too, and that decides.
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
        signal -> received("SIG" + signal, CODES.get(signal), "; once more to leave at once"), job);
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
        start("grace-period", () -> leaveAfterGracePeriod(code));
      }
      // Before what the job says of it.
      tell("%s: %s%s".formatted(reason, consequence, more));
    } finally {
      stop.request(reason);
    }
  }

  private void leaveAfterGracePeriod(int code) {
    try {
      if (!ended.await(Math.round(graceSeconds * 1000), TimeUnit.MILLISECONDS)) {
        tell(
            "the %s s of checkpoints.grace_seconds are over: leaving without another checkpoint"
                .formatted(graceSeconds));
        Runtime.getRuntime().halt(code);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }

  /** Waits until it is said, but not for long: perhaps nobody reads. */
  private void tell(String message) {
    try {
      start("message", () -> told.accept(message)).join(MOST_MILLISECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }

  private static Thread start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
