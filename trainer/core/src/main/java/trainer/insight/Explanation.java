package trainer.insight;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import trainer.text.Unknown;
import trainer.text.Vocabulary;

/**
 * What a network has learned, shown on a text. Parts that were not asked for are empty.
 *
 * @param checkpoint that was read
 * @param iteration of the checkpoint
 * @param vocabulary of the network
 * @param source of the text, such as a file name
 * @param text code points, those outside the vocabulary included
 * @param surprise of each character
 * @param memories states and gates of all units along the text
 * @param units ranked by what they follow
 * @param gates of all layers
 * @param lag the gradient of the loss by earlier states
 * @param copies what of the text stands in the run's corpus
 * @param generated texts by the network, each with what stands in the corpus
 * @param map the characters in two dimensions
 */
public record Explanation(
    Path checkpoint,
    int iteration,
    Vocabulary vocabulary,
    String source,
    int[] text,
    Surprise surprise,
    Optional<Memories> memories,
    List<UnitMemory> units,
    List<GateUse> gates,
    Optional<MemoryOverLag> lag,
    Optional<Copies> copies,
    Optional<Generated> generated,
    Optional<CharacterMap> map) {

  /**
   * A text that the network wrote.
   *
   * @param prompt that it continues; null: a newline
   * @param copies what of it stands in the corpus; empty without the corpus
   */
  public record Generated(
      String prompt, long seed, double temperature, String text, Optional<Copies> copies) {}

  /** Mean of the surprise, nats per character: exactly that of {@code evaluate}. */
  public double natsPerCharacter() {
    return surprise.score().loss();
  }

  /** Characters outside the vocabulary, of those predicted. */
  public Unknown unknown() {
    return new Unknown(surprise.score().unknown(), surprise.score().characters());
  }

  /** A character of the text. */
  public String character(int position) {
    return Character.toString(text[position]);
  }
}
