package trainer.engine.cpu;

import trainer.engine.CarriedState;

/**
 * The lanes of one pass.
 *
 * @param all lanes of all passes
 */
record Lanes(int first, int count, int all) {

  /** The share of one pass; shares differ by at most one lane. */
  static Lanes of(int all, int pass, int passes) {
    int first = (int) ((long) all * pass / passes);
    return new Lanes(first, (int) ((long) all * (pass + 1) / passes) - first, all);
  }

  /** These lanes' part of characters: [steps · lanes]. */
  int[] of(int[] characters) {
    if (count == all) {
      return characters;
    }
    int[] own = new int[characters.length / all * count];
    for (int from = first, to = 0; to < own.length; from += all, to += count) {
      System.arraycopy(characters, from, own, to, count);
    }
    return own;
  }

  /** These lanes' part of a state. */
  CarriedState of(CarriedState state) {
    return state.lanes(first, count);
  }

  /** These lanes, counted within some that contain them. */
  Lanes within(Lanes others) {
    return new Lanes(first - others.first, count, others.count);
  }
}
