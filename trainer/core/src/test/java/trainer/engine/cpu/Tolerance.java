package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import trainer.engine.CarriedState;

/**
 * Tolerance of a float32 result: absolute + relative · |exact|.
 *
 * <p>A float32 has a relative precision of 6e-8, the rational tanh an absolute error of 4e-7 and
 * the exponential one of 5e-7; a state or gradient is a sum of tens of products of such values over
 * as many steps, which adds up to about ten of these errors.
 */
record Tolerance(double absolute, double relative) {
  /**
   * Gradients of a mean over characters: elements are up to about 0.1, and the error of each step
   * that they sum over is relative to the largest, hence the absolute part.
   */
  static final Tolerance GRADIENT = new Tolerance(2e-7, 5e-6);

  /**
   * Parameters after six steps of Adam with a rate of 0.01: as a share of the rate, a step is off
   * by about the relative error of the gradient, 1e-5, for elements that matter.
   */
  static final Tolerance TRAINED = new Tolerance(6 * 0.01 * 1e-5, 1e-6);

  /** States: up to 1, and a cell's memory a sum over the steps. */
  static final Tolerance STATE = new Tolerance(2e-6, 2e-6);

  /** Parameters after a few steps whose size is no more than in proportion to the gradient's. */
  static final Tolerance UPDATED = new Tolerance(2e-7, 1e-6);

  /** The same through some more steps, from parameters and averages rounded to float32. */
  static final Tolerance ENGINES = new Tolerance(1e-6, 2e-6);

  void check(double[] found, double[] exact) {
    float[] floats = new float[found.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) found[i];
    }
    check(floats, exact);
  }

  void check(float[] found, float[] exact) {
    double[] doubles = new double[exact.length];
    java.util.Arrays.setAll(doubles, i -> exact[i]);
    check(found, doubles);
  }

  void check(float[] found, double[] exact) {
    check("result", found, exact);
  }

  void check(String name, float[] found, double[] exact) {
    assertThat(found).hasSameSizeAs(exact);
    double worst = 0;
    int at = 0;
    for (int i = 0; i < exact.length; i++) {
      double share = Math.abs(found[i] - exact[i]) / (absolute + relative * Math.abs(exact[i]));
      if (!(share <= worst)) {
        worst = share;
        at = i;
      }
    }
    assertThat(worst)
        .as("%s: error of element %d, %s for %s, in tolerances", name, at, found[at], exact[at])
        .isLessThanOrEqualTo(1);
  }

  static void checkState(CarriedState found, CarriedState exact) {
    assertThat(found.layers()).hasSameSizeAs(exact.layers());
    for (int l = 0; l < exact.layers().size(); l++) {
      STATE.check(found.layers().get(l).hidden(), exact.layers().get(l).hidden());
      assertThat(found.layers().get(l).cell() == null)
          .isEqualTo(exact.layers().get(l).cell() == null);
      if (exact.layers().get(l).cell() != null) {
        STATE.check(found.layers().get(l).cell(), exact.layers().get(l).cell());
      }
    }
  }
}
