package trainer.text;

import java.util.Locale;
import trainer.config.Training.Remainder;

/**
 * A split divided into B lanes that are read in parallel. Of N characters, lane b is the b-th
 * contiguous stretch of ⌊(N-1)/B⌋ inputs; the target of an input is the character after it. Segment
 * k is steps k·T to k·T + T - 1 of every lane, so consecutive segments continue each lane. Up to B
 * - 1 characters at the end of the split are unused.
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
   * Lanes for training, each read completely: the last segment may be shorter.
   *
   * @param lanes the batch size, B
   * @param length the sequence length, T
   * @throws TextException if the split is too short for one whole segment per lane
   */
  public static Lanes training(EncodedText text, Split split, int lanes, int length) {
    return training(text, split, lanes, length, Remainder.READ);
  }

  /**
   * Lanes for training.
   *
   * @param lanes the batch size, B
   * @param length the sequence length, T
   * @param remainder whether the last segment may be shorter, or what is left of a lane is unused
   * @throws TextException if the split is too short for one whole segment per lane
   */
  public static Lanes training(
      EncodedText text, Split split, int lanes, int length, Remainder remainder) {
    if ((split.length() - 1) / lanes < length) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "the %s split has %,d character%s; %,d lanes (training.batch_size) of one segment of"
                  + " %,d characters (training.sequence_length) need %,d; %suse a longer corpus",
              split.name(),
              split.length(),
              split.length() == 1 ? "" : "s",
              lanes,
              length,
              (long) lanes * length + 1,
              fitting(split.length() - 1, lanes, length)));
    }
    return new Lanes(text, split, lanes, length, remainder == Remainder.DROP);
  }

  /** Values that fit, for a message; empty if none do. */
  private static String fitting(long inputs, int lanes, int length) {
    return inputs >= length
        ? "set training.batch_size: %d, or ".formatted(inputs / length)
        : inputs >= lanes
            ? "set training.sequence_length: %d, or ".formatted(inputs / lanes)
            : inputs > 0 ? "lower both, or " : "";
  }

  /** Number of lanes, B. */
  public int lanes() {
    return lanes;
  }

  /** Characters of a full segment in one lane, T. */
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

  /** Characters of the split that are never a target, except its first. */
  public long unread() {
    return split.length() - 1 - characters();
  }

  /** The split that the lanes divide. */
  public Split split() {
    return split;
  }

  /** The text that contains the split. */
  public EncodedText text() {
    return text;
  }

  /** Reads segment {@code k}, from 0, into new arrays. */
  public Segment read(long k) {
    Segment segment = new Segment(length(k), lanes);
    read(k, segment);
    return segment;
  }

  /**
   * Reads segment {@code k}, from 0, without allocation.
   *
   * @param into has the shape of segment {@code k}
   */
  public void read(long k, Segment into) {
    int steps = length(k);
    if (into.length() != steps || into.lanes() != lanes) {
      throw new IllegalArgumentException(
          "segment %d has %d characters of %d lanes; it does not fit into %d of %d"
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

  /** Position in the text where segment {@code k} of a lane starts. */
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
