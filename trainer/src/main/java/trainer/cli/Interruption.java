package trainer.cli;

import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jline.utils.Signals;
import trainer.training.StopSignal;

/**
 * Turns Ctrl-C and SIGTERM into a request to stop: the first lets the job finish what must be
 * finished, a second leaves at once.
 */
final class Interruption {
  /** Exit code after SIGTERM. */
  static final int TERMINATED = 143;

  /** Exit codes by signal: 128 and its number. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", TERMINATED);

  private final String consequence;
  private final Consumer<String> told;
  private final Double graceSeconds;
  private final StopSignal stop = new StopSignal();
  private int exitCode;
  private Thread gracePeriod;

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
  static int during(String consequence, Consumer<StopSignal> job) {
    return new Interruption(consequence, Console::line, null).run(job);
  }

  /**
   * The same with messages that go elsewhere.
   *
   * @param told what is said when a signal comes
   */
  static int during(String consequence, Consumer<String> told, Consumer<StopSignal> job) {
    return new Interruption(consequence, told, null).run(job);
  }

  /**
   * The same with a bound on the time that the job may take for its end.
   *
   * @param graceSeconds after which the process leaves at once; null: as long as it takes
   */
  static int during(String consequence, Double graceSeconds, Consumer<StopSignal> job) {
    return new Interruption(consequence, Console::line, graceSeconds).run(job);
  }

  private int run(Consumer<StopSignal> job) {
    Map<String, Object> before = new TreeMap<>();
    for (Entry<String, Integer> code : CODES.entrySet()) {
      String signal = code.getKey();
      before.put(signal, Signals.register(signal, () -> received(signal, code.getValue())));
    }
    try {
      job.accept(stop);
    } catch (CancellationException e) {
      if (!stop.requested()) {
        throw e;
      }
    } finally {
      before.forEach(Signals::unregister);
      ended();
    }
    return exitCode();
  }

  /** Waits for a message that is being written. */
  private synchronized int exitCode() {
    return exitCode;
  }

  private synchronized void received(String signal, int code) {
    if (exitCode != 0) {
      Runtime.getRuntime().halt(code);
    }
    exitCode = code;
    // Before what the job says of it.
    told.accept("SIG%s: %s; once more to leave at once".formatted(signal, consequence));
    stop.request("SIG" + signal);
    if (graceSeconds != null) {
      gracePeriod = new Thread(() -> leaveAfterGracePeriod(code), "grace-period");
      gracePeriod.setDaemon(true);
      gracePeriod.start();
    }
  }

  private synchronized void ended() {
    if (gracePeriod != null) {
      gracePeriod.interrupt();
    }
  }

  private void leaveAfterGracePeriod(int code) {
    try {
      TimeUnit.MILLISECONDS.sleep(Math.round(graceSeconds * 1000));
    } catch (InterruptedException e) {
      return; // the job has ended
    }
    told.accept(
        "the %s s of checkpoints.grace_seconds are over: leaving without another checkpoint"
            .formatted(graceSeconds));
    Runtime.getRuntime().halt(code);
  }
}
