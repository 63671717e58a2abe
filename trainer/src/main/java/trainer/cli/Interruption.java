package trainer.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import sun.misc.Signal;
import sun.misc.SignalHandler;
import trainer.training.StopSignal;

/**
 * Turns Ctrl-C and SIGTERM into a request to stop: the first lets the job finish what must be finished, a second leaves at
 * once.
 */
final class Interruption implements AutoCloseable {
  private static final int DONE = 0;
  private static final int SIGNALLED = 128;

  private final StopSignal stop = new StopSignal();
  private final List<Runnable> restore = new ArrayList<>();
  private volatile int exitCode = DONE;

  private Interruption() {}

  /** Handles the signals until closed. */
  static Interruption install() {
    Interruption interruption = new Interruption();
    for (String name : List.of("INT", "TERM")) {
      Signal signal = new Signal(name);
      SignalHandler before = Signal.handle(signal, interruption::received);
      interruption.restore.add(() -> Signal.handle(signal, before));
    }
    return interruption;
  }

  private void received(Signal signal) {
    int code = SIGNALLED + signal.getNumber();
    if (stop.requested()) {
      Runtime.getRuntime().halt(code);
    }
    exitCode = code;
    stop.request("SIG" + signal.getName());
    Console.line(
        String.format(
            Locale.ROOT,
            "%s: finishing the iteration, then a checkpoint; once more to leave at once",
            stop.reason()));
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
