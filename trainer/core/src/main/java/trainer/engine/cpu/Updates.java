package trainer.engine.cpu;

/** The loops of the update rules, written for C2 as those of {@link ElementwiseOps} are. */
final class Updates {
  /**
   * Added and subtracted again, makes zero of what is below 5e-38: an average of a gradient that
   * has become zero, as that of a character which no longer occurs, would otherwise fade into
   * denormal numbers and stay there.
   */
  private static final float FADE = 0x1p-100f;

  /** The same for a gradient below 1e-17, whose square would be denormal. */
  private static final float FADE_BEFORE_SQUARE = 0x1p-33f;

  private Updates() {}

  /** m = keep·m + add·g */
  static void average(float[] m, float[] g, float keep, float add, int from, int to) {
    for (int k = from; k < to; k++) {
      m[k] = (keep * m[k] + add * g[k] + FADE) - FADE;
    }
  }

  /** v = keep·v + add·g² */
  static void averageSquare(float[] v, float[] g, float keep, float add, int from, int to) {
    for (int k = from; k < to; k++) {
      float x = (g[k] + FADE_BEFORE_SQUARE) - FADE_BEFORE_SQUARE;
      v[k] = (keep * v[k] + add * (x * x) + FADE) - FADE;
    }
  }

  /** w = factor·w */
  static void scale(float[] w, float factor, int from, int to) {
    for (int k = from; k < to; k++) {
      w[k] *= factor;
    }
  }

  /** w = w - step·m / (√v + small) */
  static void descend(float[] w, float[] m, float[] v, float step, float small, int from, int to) {
    for (int k = from; k < to; k++) {
      w[k] -= step * m[k] / ((float) Math.sqrt(v[k]) + small);
    }
  }

  /** w = w - step·g */
  static void descend(float[] w, float[] g, float step, int from, int to) {
    for (int k = from; k < to; k++) {
      w[k] -= step * g[k];
    }
  }

  /** Cuts g to [-bound, bound]. */
  static void cut(float[] g, float bound, int from, int to) {
    for (int k = from; k < to; k++) {
      g[k] = Math.max(-bound, Math.min(bound, g[k]));
    }
  }
}
