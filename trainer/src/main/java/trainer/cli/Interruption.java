package trainer.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jline.utils.Signals;
import trainer.training.StopSignal;

/**
 * Turns Ctrl-C and SIGTERM into a request to stop: the first lets the job finish what must be
 * finished, a second leaves at once.
 */
final class Interruption implements AutoCloseable {
  private static final int DONE = 0;

  /** Exit codes by signal: 128 and its number. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", 143);

  private final StopSignal stop = new StopSignal();
  private final List<Runnable> restore = new ArrayList<>();
  private volatile int exitCode = DONE;

  private Interruption() {}

  /** Handles the signals until closed. */
  static Interruption install() {
    Interruption interruption = new Interruption();
    CODES.forEach(
        (name, code) -> {
          Object before = Signals.register(name, () -> interruption.received(name, code));
          interruption.restore.add(() -> Signals.unregister(name, before));
        });
    return interruption;
  }

  private void received(String name, int code) {
    if (stop.requested()) {
      Runtime.getRuntime().halt(code);
    }
    exitCode = code;
    stop.request("SIG" + name);
    Console.line(
        "SIG%s: finishing the iteration, then a checkpoint; once more to leave at once"
            .formatted(name));
  }

  /** What asks the job to stop. */
  StopSignal stop() {
    return stop;
  }

  /** 0, or 128 and the number of the signal that came. */
  int exitCode() {
    return exitCode;
  }

  @Override
  public void close() {
    restore.forEach(Runnable::run);
  }
}
