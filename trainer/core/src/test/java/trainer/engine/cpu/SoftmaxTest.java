package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SoftmaxTest {

  @Test
  void exponentialIsExactToAFewUnitsInTheLastPlaceOfOne() {
    float[] x = new float[500_001];
    for (int i = 0; i < x.length; i++) {
      x[i] = -50f * i / (x.length - 1);
    }
    float[] e = x.clone();
    Softmax.exp(e, 0, e.length);
    for (int i = 0; i < x.length; i++) {
      double difference = Math.max(-40, x[i]);
      double exact = Math.exp(difference);
      // exp(x / 4) has an error of 1.5e-7; the fourth power makes it four times as large.
      double relative = 4 * 1.5e-7 / Math.exp(difference / 4);
      assertThat((double) e[i]).isCloseTo(exact, within(exact * relative));
    }
    assertThat(e[0]).isEqualTo(1);
  }

  @Test
  void gradientIsProbabilityLessTarget() {
    float[] x = {1, 2, 3, 100, 0, -100};
    float[] biases = {0.5f, 0, -0.5f};
    int[] targets = {7, 2, 1};
    float[] hits = new float[2];
    float[] biasGradient = new float[3];
    double nats = Softmax.gradient(x, 2, biases, targets, 1, 0.5f, hits, biasGradient);
    double[] p = probabilities(1.5, 2, 2.5);
    assertThat(nats).isCloseTo(-Math.log(p[2]) + 100.5, within(1e-5));
    double[] expected = {p[0] / 2, p[1] / 2, (p[2] - 1) / 2, 0.5, -0.5, 0};
    for (int i = 0; i < 6; i++) {
      assertThat((double) x[i]).isCloseTo(expected[i], within(3e-7));
    }
    for (int i = 0; i < 3; i++) {
      assertThat((double) biasGradient[i]).isCloseTo(expected[i] + expected[3 + i], within(5e-7));
    }
  }

  private static double[] probabilities(double... logits) {
    double sum = java.util.Arrays.stream(logits).map(Math::exp).sum();
    return java.util.Arrays.stream(logits).map(logit -> Math.exp(logit) / sum).toArray();
  }
}
