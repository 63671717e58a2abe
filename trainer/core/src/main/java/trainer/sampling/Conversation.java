package trainer.sampling;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/**
 * A text that a person and a network write in turn. The hidden state is kept from turn to turn. Not
 * safe for several threads.
 */
public final class Conversation implements AutoCloseable {
  private final Engine.Session session;
  private final Vocabulary vocabulary;
  private float[] logProbabilities; // of the next character; null at the start

  /** Starts from zero state. */
  public Conversation(Inference network, Vocabulary vocabulary) {
    this.session = network.session(1);
    this.vocabulary = vocabulary;
  }

  /**
   * Reads a text.
   *
   * @return the surprise of each character, nats; NaN for the very first, which is not predicted
   * @throws trainer.text.TextException if it has a character outside the vocabulary; nothing is
   *     read then
   */
  public double[] read(String text) {
    return read(vocabulary.encode(text));
  }

  /**
   * As above.
   *
   * @param characters indices of the vocabulary
   */
  public double[] read(int... characters) {
    double[] nats = new double[characters.length];
    for (int i = 0; i < nats.length; i++) {
      nats[i] = logProbabilities == null ? Double.NaN : -logProbabilities[characters[i]];
      logProbabilities = session.next(new int[] {characters[i]});
    }
    return nats;
  }

  /**
   * Writes on from what was read and written before, which must not be nothing.
   *
   * @param length characters to generate
   * @param stop ends the text early
   * @param out receives each character as it is drawn; {@link #logProbabilities} are then those
   *     that it was drawn from
   */
  public void write(
      int length,
      Sampling sampling,
      SplittableRandom random,
      StopSignal stop,
      Consumer<String> out) {
    for (int written = 0; written < length && !stop.requested(); written++) {
      int character = sampling.draw(logProbabilities, random);
      out.accept(vocabulary.character(character));
      logProbabilities = session.next(new int[] {character});
    }
  }

  /**
   * Natural logarithms of the probabilities of the next character, [vocabulary], before
   * temperature, top-k and top-p; null before the first character. Reused when one is read or
   * written.
   */
  public float[] logProbabilities() {
    return logProbabilities;
  }

  @Override
  public void close() {
    session.close();
  }
}
