package trainer.cli;

import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jline.utils.Signals;
import trainer.training.StopSignal;

/**
 * Turns Ctrl-C and SIGTERM into a request to stop: the first lets the job finish what must be
 * finished, a second leaves at once.
 */
final class Interruption {
  /** Exit codes by signal: 128 and its number. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", 143);

  private final String consequence;
  private final Consumer<String> told;
  private final StopSignal stop = new StopSignal();
  private int exitCode;

  private Interruption(String consequence, Consumer<String> told) {
    this.consequence = consequence;
    this.told = told;
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
    return during(consequence, Console::line, job);
  }

  /**
   * As {@link #during(String, Consumer)}.
   *
   * @param told what is said when a signal comes
   */
  static int during(String consequence, Consumer<String> told, Consumer<StopSignal> job) {
    Interruption interruption = new Interruption(consequence, told);
    Map<String, Object> before = new TreeMap<>();
    for (Entry<String, Integer> code : CODES.entrySet()) {
      String signal = code.getKey();
      before.put(
          signal, Signals.register(signal, () -> interruption.received(signal, code.getValue())));
    }
    try {
      job.accept(interruption.stop);
    } catch (CancellationException e) {
      if (!interruption.stop.requested()) {
        throw e;
      }
    } finally {
      before.forEach(Signals::unregister);
    }
    return interruption.exitCode();
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
  }
}
