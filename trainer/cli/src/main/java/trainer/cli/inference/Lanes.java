package trainer.cli.inference;

import java.util.Arrays;
import java.util.List;
import trainer.engine.Engine;
import trainer.training.StopSignal;

/**
 * Reads texts at once, each from zero state in a lane of one batch: a step reads the weights once
 * for all of them.
 */
final class Lanes {
  private static final int STEPS_PER_TURN = 16;

  private final LoadedModel model;
  private final List<? extends Text> texts;
  private final int[] characters; // of each lane
  private final boolean[] ended;
  private Engine.Session session; // null before the first step
  private float[] logProbabilities; // [lanes · vocabulary]; null before the first step

  /** A text, character by character. */
  interface Text {
    /** Follows the last character. */
    int END = -1;

    /**
     * The next character.
     *
     * @param logProbabilities of each character to be the next, [vocabulary]; null at the start
     * @return its index in the vocabulary, or {@link #END}
     */
    int next(float[] logProbabilities);
  }

  private Lanes(LoadedModel model, List<? extends Text> texts) {
    this.model = model;
    this.texts = texts;
    characters = new int[texts.size()];
    ended = new boolean[texts.size()];
  }

  /** Reads until all texts have ended, in turns with other requests. */
  static void read(LoadedModel model, List<? extends Text> texts, StopSignal stop) {
    Lanes lanes = new Lanes(model, texts);
    boolean[] goesOn = {true};
    try {
      while (goesOn[0] && !stop.requested()) {
        model.turn(
            () -> {
              for (int i = 0; i < STEPS_PER_TURN && goesOn[0]; i++) {
                goesOn[0] = lanes.step();
              }
            });
      }
    } finally {
      model.turn(lanes::close);
    }
  }

  /** Reads a character in each lane; false if all texts have ended. */
  private boolean step() {
    boolean any = false;
    for (int lane = 0; lane < characters.length; lane++) {
      int next = ended[lane] ? Text.END : texts.get(lane).next(row(lane));
      ended[lane] = next == Text.END;
      characters[lane] = Math.max(0, next); // after its end, anything
      any |= !ended[lane];
    }
    if (any) {
      if (session == null) {
        session = model.session(characters.length);
      }
      logProbabilities = session.next(characters);
    }
    return any;
  }

  private float[] row(int lane) {
    if (logProbabilities == null) {
      return null;
    }
    int size = model.vocabulary().size();
    return Arrays.copyOfRange(logProbabilities, lane * size, (lane + 1) * size);
  }

  private void close() {
    if (session != null) {
      session.close();
    }
  }
}
