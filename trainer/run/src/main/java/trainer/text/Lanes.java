package trainer.text;

import java.util.Locale;

/**
 * A split cut into lanes that are read side by side. Of N characters, each of B lanes is a
 * contiguous stretch of ⌊(N-1)/B⌋ inputs, lane after lane; the target of each input is the
 * character after it. Segment k of all lanes together is steps k·T to k·T + T - 1 of each, so a
 * lane goes on in the next segment where it stopped. Up to B - 1 characters at the end of the split
 * are in no lane.
 */
public final class Lanes {
  private final EncodedText text;
  private final Split split;
  private final int lanes;
  private final int length;
  private final long laneLength;
  private final long segments;

  private Lanes(EncodedText text, Split split, int lanes, int length, boolean wholeSegments) {
    this.text = text;
    this.split = split;
    this.lanes = lanes;
    this.length = length;
    this.laneLength = (split.length() - 1) / lanes;
    this.segments = wholeSegments ? laneLength / length : (laneLength + length - 1) / length;
  }

  /**
   * Lanes to train on: every segment has the same length; what is left at the end of the lanes is
   * not read.
   *
   * @param lanes the batch size, B
   * @param length the sequence length, T
   * @throws TextException when the split is too short for one segment in each lane
   */
  public static Lanes training(EncodedText text, Split split, int lanes, int length) {
    if ((split.length() - 1) / lanes < length) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "the %s split has %,d characters; %,d lanes (training.batch_size) of one segment of"
                  + " %,d characters (training.sequence_length) need %,d; lower one of the two, or"
                  + " use a longer corpus",
              split.name(),
              split.length(),
              lanes,
              length,
              (long) lanes * length + 1));
    }
    return new Lanes(text, split, lanes, length, true);
  }

  /**
   * Lanes to measure on: the last segment is as long as what is left, so all of each lane is read.
   * A split that is too short for one segment in each lane is read in as many lanes as it fills, in
   * one at least.
   *
   * @param lanes at most so many
   * @param length of the segments but the last
   * @throws TextException when the split has fewer than two characters
   */
  public static Lanes evaluation(EncodedText text, Split split, int lanes, int length) {
    if (split.length() < 2) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "the %s split has %,d characters; measuring a loss needs at least 2: enlarge its part"
                  + " in data.split, or use a longer corpus",
              split.name(),
              split.length()));
    }
    long filled = Math.max(1, (split.length() - 1) / length);
    return new Lanes(text, split, (int) Math.min(lanes, filled), length, false);
  }

  /** Number of lanes, B. */
  public int lanes() {
    return lanes;
  }

  /** Characters of a whole segment in one lane, T. */
  public int length() {
    return length;
  }

  /** Characters of segment {@code k} in one lane: T, or fewer in the last segment. */
  public int length(long k) {
    checkSegment(k);
    return (int) Math.min(length, laneLength - k * length);
  }

  /** Inputs in one lane, ⌊(N-1)/B⌋. */
  public long laneLength() {
    return laneLength;
  }

  /** Segments in one pass. */
  public long segments() {
    return segments;
  }

  /** Targets in one pass. */
  public long characters() {
    return lanes * Math.min(laneLength, segments * length);
  }

  /** The characters that the lanes are cut from. */
  public Split split() {
    return split;
  }

  /** The text that the split is part of. */
  public EncodedText text() {
    return text;
  }

  /** Segment {@code k}, from 0, in arrays of its own. */
  public Segment read(long k) {
    Segment segment = new Segment(length(k), lanes);
    read(k, segment);
    return segment;
  }

  /**
   * Reads segment {@code k}, from 0, without allocation.
   *
   * @param into as many lanes, and as long as segment {@code k}
   */
  public void read(long k, Segment into) {
    int steps = length(k);
    if (into.length() != steps || into.lanes() != lanes) {
      throw new IllegalArgumentException(
          "segment %d is %d characters of %d lanes; it does not go into %d of %d"
              .formatted(k, steps, lanes, into.length(), into.lanes()));
    }
    int[] inputs = into.inputs(); // [length, lanes]
    int[] targets = into.targets(); // [length, lanes]
    for (int lane = 0; lane < lanes; lane++) {
      long position = position(lane, k);
      text.read(position, steps, inputs, lane, lanes);
      text.read(position + steps, 1, targets, (steps - 1) * lanes + lane, lanes);
    }
    // A target is the input one step later.
    System.arraycopy(inputs, lanes, targets, 0, (steps - 1) * lanes);
  }

  /** Where segment {@code k} of a lane starts in the text. */
  public long position(int lane, long k) {
    return split.from() + lane * laneLength + k * length;
  }

  private void checkSegment(long k) {
    if (k < 0 || k >= segments) {
      throw new IndexOutOfBoundsException(
          "segment %d of the %s split, which has %d".formatted(k, split.name(), segments));
    }
  }
}
