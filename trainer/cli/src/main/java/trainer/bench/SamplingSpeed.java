package trainer.bench;

import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.training.StopSignal;

/** Inference speed at batch size 1, one character at a time, as in sampling. */
public final class SamplingSpeed {
  private static final double WARM_UP_SECONDS = 1;
  private static final double SECONDS = 1;
  private static final int CHARACTERS_PER_POLL = 50; // of the clock

  private SamplingSpeed() {}

  /** Characters per second. */
  public static double measure(CharacterNetwork network, StopSignal stop) {
    try (Engine.Session session = network.engine().session(1)) {
      read(session, WARM_UP_SECONDS, stop);
      return read(session, SECONDS, stop);
    }
  }

  private static double read(Engine.Session session, double seconds, StopSignal stop) {
    int[] character = {0};
    long characters = 0;
    long start = System.nanoTime();
    double spent = 0;
    while (spent < seconds && !stop.requested()) {
      for (int i = 0; i < CHARACTERS_PER_POLL; i++) {
        session.next(character);
      }
      characters += CHARACTERS_PER_POLL;
      spent = (System.nanoTime() - start) / 1e9;
    }
    return characters / spent;
  }
}
