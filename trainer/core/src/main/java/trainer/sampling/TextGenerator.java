package trainer.sampling;

import java.util.SplittableRandom;
import java.util.function.Consumer;
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
    int[] read = read(prompt, vocabulary);
    try (Conversation conversation = new Conversation(network, vocabulary)) {
      conversation.read(read);
      conversation.write(length, sampling, new SplittableRandom(seed), stop, out);
    }
  }

  /**
   * The characters that a network reads before it writes, indices of the vocabulary.
   *
   * @param prompt null or empty: a newline, or the vocabulary's first character if it has no
   *     newline
   * @throws trainer.text.TextException if it has a character outside the vocabulary
   */
  public static int[] read(String prompt, Vocabulary vocabulary) {
    if (prompt != null && !prompt.isEmpty()) {
      return vocabulary.encode(prompt);
    }
    return new int[] {vocabulary.contains(LINE_BREAK) ? vocabulary.index(LINE_BREAK) : 0};
  }
}
