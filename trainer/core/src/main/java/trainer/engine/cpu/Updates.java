package trainer.engine.cpu;

/** Loops of the update rules, vectorized by C2 like those of {@link ElementwiseOps}. */
final class Updates {
  /**
   * Adding and subtracting this flushes values below 5e-38 to zero. The average of a gradient that
   * is now always zero, as for a character that no longer occurs, would otherwise become denormal
   * and stay so.
   */
  private static final float FADE = 0x1p-100f;

  /** Likewise for a gradient below 1e-17, whose square would be denormal. */
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

  /** Clips g to [-bound, bound]. */
  static void cut(float[] g, float bound, int from, int to) {
    for (int k = from; k < to; k++) {
      g[k] = Math.max(-bound, Math.min(bound, g[k]));
    }
  }
}
