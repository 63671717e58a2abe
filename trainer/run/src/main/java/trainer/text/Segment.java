package trainer.text;

/**
 * One segment of all lanes: {@code length} characters of each of {@code lanes} lanes, as indices
 * into the vocabulary, time-major. Element {@code t * lanes + b} is step t of lane b; a target is
 * the character after its input, or {@link #NOT_SCORED} in a segment that is only scored.
 *
 * @param inputs [length · lanes]
 * @param targets [length · lanes]
 */
public record Segment(int length, int lanes, int[] inputs, int[] targets) {

  /** A target that is not scored: it adds no loss and is not counted. */
  public static final int NOT_SCORED = -1;

  /** An empty segment. */
  public Segment(int length, int lanes) {
    this(length, lanes, new int[length * lanes], new int[length * lanes]);
  }

  /** Characters in the segment. */
  public int characters() {
    return length * lanes;
  }

  /** Targets that are scored. */
  public int scored() {
    int scored = 0;
    for (int target : targets) {
      scored += target == NOT_SCORED ? 0 : 1;
    }
    return scored;
  }
}
