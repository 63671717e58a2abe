package trainer.sampling;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** Generates text autoregressively: each drawn character is the next input. */
public final class TextGenerator {
  private static final int LINE_BREAK = '\n';

  private final Inference network;
  private final Vocabulary vocabulary;

  /** Generates with the network's current parameters at each call. */
  public TextGenerator(Inference network, Vocabulary vocabulary) {
    this.network = network;
    this.vocabulary = vocabulary;
  }

  /**
   * Generates a text.
   *
   * @param prompt text to continue, not part of the output; null or empty: a newline, or the
   *     vocabulary's first character if it has no newline
   * @param length characters to generate
   * @param seed the same seed generates the same text
   * @param stop ends the text early
   * @param out receives each character as it is drawn
   * @throws trainer.text.TextException if the prompt has a character outside the vocabulary
   */
  public void generate(
      String prompt,
      int length,
      Sampling sampling,
      long seed,
      StopSignal stop,
      Consumer<String> out) {
    int[] read = prompt == null || prompt.isEmpty() ? defaultPrompt() : vocabulary.encode(prompt);
    SplittableRandom random = new SplittableRandom(seed);
    int[] character = new int[1];
    try (Engine.Session session = network.session(1)) {
      float[] logProbabilities = null;
      for (int index : read) {
        character[0] = index;
        logProbabilities = session.next(character);
      }
      for (int written = 0; written < length && !stop.requested(); written++) {
        character[0] = sampling.draw(logProbabilities, random);
        out.accept(vocabulary.decode(character));
        logProbabilities = session.next(character);
      }
    }
  }

  private int[] defaultPrompt() {
    return new int[] {vocabulary.contains(LINE_BREAK) ? vocabulary.index(LINE_BREAK) : 0};
  }
}
