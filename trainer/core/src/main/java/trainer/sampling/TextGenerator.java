package trainer.sampling;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import trainer.engine.Engine;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** Writes new text: each character that is drawn is read back before the next. */
public final class TextGenerator {
  private static final int LINE_BREAK = '\n';

  private final Engine engine;
  private final Vocabulary vocabulary;

  /** A generator over what the engine holds at each call. */
  public TextGenerator(Engine engine, Vocabulary vocabulary) {
    this.engine = engine;
    this.vocabulary = vocabulary;
  }

  /**
   * Writes a text.
   *
   * @param prime what the network reads first; null or empty: a line break, or the vocabulary's
   *     first character where there is none
   * @param length characters to write
   * @param seed the same seed writes the same text
   * @param stop ends the text early
   * @param out is given each character as it is drawn
   * @throws trainer.text.TextException if the prime has a character that the network does not know
   */
  public void generate(
      String prime,
      int length,
      Sampling sampling,
      long seed,
      StopSignal stop,
      Consumer<String> out) {
    int[] read = prime == null || prime.isEmpty() ? beginning() : vocabulary.encode(prime);
    SplittableRandom random = new SplittableRandom(seed);
    int[] character = new int[1];
    try (Engine.Session session = engine.session(1)) {
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

  private int[] beginning() {
    return new int[] {vocabulary.contains(LINE_BREAK) ? vocabulary.index(LINE_BREAK) : 0};
  }
}
