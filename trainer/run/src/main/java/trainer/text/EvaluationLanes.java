package trainer.text;

import java.util.Arrays;
import java.util.Locale;

/**
 * A split divided for evaluation: each character but the first is a target exactly once, and is
 * predicted from the text before it. A split shorter than twice {@link #SHORTEST} is read in one
 * lane, from its first character to its last. A longer one is read in several lanes in parallel,
 * windows of equal length, each of which overlaps the one before by {@link #WARM_UP} characters
 * that are read but not scored. The number of lanes follows from the length of the split alone. A
 * network whose state still depends on what came before the warm-up reads {@link #inOne one lane}.
 */
public final class EvaluationLanes {
  /** Characters that every lane but the first reads before the first that it scores. */
  public static final int WARM_UP = 512;

  /** Fewest characters that a lane scores, where there are several. */
  public static final int SHORTEST = 8 * WARM_UP;

  /** Most lanes. */
  public static final int MOST = 64;

  /** Characters of a segment in one lane; the last may be shorter. */
  public static final int LENGTH = 32;

  private final EncodedText text;
  private final Split split;
  private final int lanes;
  private final long window; // characters that each lane reads

  /**
   * Divides a split.
   *
   * @throws TextException if it has fewer than two characters
   */
  public EvaluationLanes(EncodedText text, Split split) {
    this(text, split, MOST);
  }

  private EvaluationLanes(EncodedText text, Split split, int most) {
    if (split.length() < 2) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "the %s split has %,d characters; measuring a loss needs at least 2: enlarge its part"
                  + " in data.split, or use a longer corpus",
              split.name(),
              split.length()));
    }
    this.text = text;
    this.split = split;
    long targets = split.length() - 1;
    this.lanes = (int) Math.max(1, Math.min(most, targets / SHORTEST));
    this.window = (targets + (lanes - 1L) * WARM_UP + lanes - 1) / lanes;
  }

  /** The same split in one lane. */
  public EvaluationLanes inOne() {
    return new EvaluationLanes(text, split, 1);
  }

  /** Number of lanes. */
  public int lanes() {
    return lanes;
  }

  /** Segments in one pass. */
  public long segments() {
    return (window + LENGTH - 1) / LENGTH;
  }

  /** Position in the text where a lane begins to read. */
  long position(int lane) {
    return split.from() + lane * (window - WARM_UP);
  }

  /**
   * Position in the text of a target of segment {@code k}; -1 where the lane warms up or has ended.
   */
  public long target(long k, int step, int lane) {
    long read = k * LENGTH + step;
    long position = position(lane) + read + 1;
    return (lane > 0 && read < WARM_UP) || position >= split.to() ? -1 : position;
  }

  /** Number of characters in the vocabulary. */
  public int vocabulary() {
    return text.vocabulary().size();
  }

  /** Targets outside the vocabulary, which no segment scores. */
  public Unknown unknown() {
    return new Unknown(text.unknown(split.from() + 1, split.to()), split.length() - 1);
  }

  /** Reads segment {@code k}, from 0. */
  public Segment read(long k) {
    int steps = (int) Math.min(LENGTH, window - k * LENGTH);
    Segment segment = new Segment(steps, lanes);
    Arrays.fill(segment.targets(), Segment.NOT_SCORED);
    for (int lane = 0; lane < lanes; lane++) {
      long position = position(lane) + k * LENGTH;
      int inside = (int) Math.min(steps, split.to() - 1 - position); // the last lane may be shorter
      int warming = lane == 0 ? 0 : (int) Math.max(0, Math.min(inside, WARM_UP - k * LENGTH));
      if (inside > 0) {
        text.read(position, inside, segment.inputs(), lane, lanes);
        text.readTargets(
            position + 1 + warming,
            inside - warming,
            segment.targets(),
            warming * lanes + lane,
            lanes);
      }
    }
    return segment;
  }
}
