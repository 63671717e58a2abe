package trainer.engine.cpu;

import java.util.EnumMap;
import java.util.Map;

/** Nanoseconds that one thread has spent in each phase. */
final class PhaseClock {
  private final Map<Phase, long[]> spent = new EnumMap<>(Phase.class); // each an array of one
  private long last;

  PhaseClock() {
    for (Phase phase : Phase.values()) {
      spent.put(phase, new long[1]);
    }
  }

  /** Starts the clock. */
  void start() {
    last = System.nanoTime();
  }

  /** Adds the time since the last call to a phase. */
  void lap(Phase phase) {
    long now = System.nanoTime();
    spent.get(phase)[0] += now - last;
    last = now;
  }

  long nanoseconds(Phase phase) {
    return spent.get(phase)[0];
  }
}
