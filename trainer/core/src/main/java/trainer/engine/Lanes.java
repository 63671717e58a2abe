package trainer.engine;

import trainer.text.Segment;

/**
 * The lanes of one pass, or of one rank.
 *
 * @param all lanes of all passes or ranks
 */
public record Lanes(int first, int count, int all) {

  /** The share of one pass; shares differ by at most one lane. */
  public static Lanes of(int all, int pass, int passes) {
    int first = (int) ((long) all * pass / passes);
    return new Lanes(first, (int) ((long) all * (pass + 1) / passes) - first, all);
  }

  /** These lanes' part of characters: [steps · lanes]. */
  public int[] of(int[] characters) {
    if (count == all) {
      return characters;
    }
    int[] own = new int[characters.length / all * count];
    for (int from = first, to = 0; to < own.length; from += all, to += count) {
      System.arraycopy(characters, from, own, to, count);
    }
    return own;
  }

  /** These lanes' part of a segment. */
  public Segment of(Segment segment) {
    return new Segment(segment.length(), count, of(segment.inputs()), of(segment.targets()));
  }

  /** These lanes' part of a state. */
  public CarriedState of(CarriedState state) {
    return state.lanes(first, count);
  }

  /** These lanes, counted within some that contain them. */
  public Lanes within(Lanes others) {
    return new Lanes(first - others.first, count, others.count);
  }
}
