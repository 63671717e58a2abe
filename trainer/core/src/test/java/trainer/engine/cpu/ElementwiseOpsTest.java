package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ElementwiseOpsTest {
  private static final int COUNT = 200_001;

  /** Evenly from -range to range. */
  private static float[] values(float range) {
    float[] values = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      values[i] = range * (2f * i / (COUNT - 1) - 1);
    }
    return values;
  }

  @Test
  void tanhAndSigmoidAreExactToAFewUnitsInTheLastPlaceOfOne() {
    for (float range : new float[] {1, 12, 1000}) {
      float[] x = values(range);
      float[] tanh = new float[COUNT];
      ElementwiseOps.tanhOf(x, tanh, 0, COUNT);
      float[] sigmoid = x.clone();
      ElementwiseOps.sigmoid(sigmoid, 0, COUNT);
      for (int i = 0; i < COUNT; i++) {
        assertThat((double) tanh[i]).isCloseTo(Math.tanh(x[i]), within(4e-7));
        assertThat((double) sigmoid[i]).isCloseTo(1 / (1 + Math.exp(-x[i])), within(2.5e-7));
        assertThat(sigmoid[i]).isBetween(0f, 1f);
      }
    }
  }

  @Test
  void rangesLeaveTheRestOfAPlaneAlone() {
    float[] a = {1, 2, 3, 4};
    ElementwiseOps.add(a, new float[] {10, 10, 10, 10}, 1, 3);
    assertThat(a).containsExactly(1, 12, 13, 4);
  }

  @Test
  void valuesThatFadeBecomeZeroAndOthersStayAsTheyAre() {
    float[] a = {1e-30f, -1e-27f, 3e-11f, -0.5f, 3e-20f};
    ElementwiseOps.addFaded(a, new float[5], 0, 5);
    assertThat(a[0]).isZero();
    assertThat(a[1]).isZero();
    assertThat(a[2]).isEqualTo(3e-11f);
    assertThat(a[3]).isEqualTo(-0.5f);
    assertThat(a[4]).isCloseTo(3e-20f, within(1e-25f));
  }

  @Test
  void vectorsAreSpreadOverLanesAndSummedOverThem() {
    float[] array = new float[6];
    ElementwiseOps.spread(new float[] {9, 9, 1, 2}, 1, 2, array);
    assertThat(array).containsExactly(1, 2, 1, 2, 1, 2);
    float[] vectors = {9, 9, 9, 9};
    ElementwiseOps.sumLanes(array, 2, vectors, 1);
    assertThat(vectors).containsExactly(9, 9, 3, 6);
  }

  @Test
  void sumOfSquaresTakesEveryElementOnce() {
    float[] x = new float[19];
    java.util.Arrays.fill(x, 2);
    assertThat(ElementwiseOps.sumOfSquares(x, 1, 19)).isEqualTo(72);
  }
}
