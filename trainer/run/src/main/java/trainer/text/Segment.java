package trainer.text;

/**
 * One segment of all lanes: {@code length} characters of each of {@code lanes} lanes, as indices
 * into the vocabulary, time-major. Element {@code t * lanes + b} is step t of lane b; a target is
 * the character after its input.
 *
 * @param inputs [length · lanes]
 * @param targets [length · lanes]
 */
public record Segment(int length, int lanes, int[] inputs, int[] targets) {

  /** An empty segment. */
  public Segment(int length, int lanes) {
    this(length, lanes, new int[length * lanes], new int[length * lanes]);
  }

  /** Characters in the segment. */
  public int characters() {
    return length * lanes;
  }
}
