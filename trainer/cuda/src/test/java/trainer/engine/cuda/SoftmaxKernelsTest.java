package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static trainer.engine.cuda.EmulatedKernels.assertClose;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Softmax and cross-entropy, compiled as C++, against double precision. */
@Tag("slow")
class SoftmaxKernelsTest {
  private static final int SEED = 3;

  /** Numbers of about 5, each rounded a few times. */
  private static final double TOLERANCE = 5 * 8 * 0x1p-24;

  /** Random logits and targets with the expected results. */
  private static final class Rows {
    final int rows;
    final int classes;
    final int stride;
    final float[] logits;
    final float[] biases;
    final int[] targets;
    final double[] logProbabilities; // [rows, classes]

    Rows(int rows, int classes) {
      Random random = new Random(SEED);
      this.rows = rows;
      this.classes = classes;
      stride = (classes + 15) / 16 * 16;
      logits = new float[rows * stride];
      biases = EmulatedKernels.random(random, classes);
      targets = random.ints(rows, 0, classes).toArray();
      logProbabilities = new double[rows * classes];
      for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int k = 0; k < classes; k++) {
          logits[r * stride + k] = (float) random.nextGaussian();
          sum += Math.exp(sum(r, k));
        }
        for (int k = 0; k < classes; k++) {
          logProbabilities[r * classes + k] = sum(r, k) - Math.log(sum);
        }
      }
    }

    private double sum(int r, int k) {
      return (double) logits[r * stride + k] + biases[k];
    }

    double[] nats() {
      double[] nats = new double[rows];
      for (int r = 0; r < rows; r++) {
        nats[r] = -logProbabilities[r * classes + targets[r]];
      }
      return nats;
    }

    int best(int r) {
      int best = 0;
      for (int k = 1; k < classes; k++) {
        best = sum(r, k) > sum(r, best) ? k : best;
      }
      return best;
    }

    /** Widens rows of classes to the stride, with zeros. */
    double[] padded(double[] dense) {
      double[] padded = new double[rows * stride];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(dense, r * classes, padded, r * stride, classes);
      }
      return padded;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "17, 33", "33, 17", "9, 257", "257, 3"})
  void theGradientIsThatOfTheMeanCrossEntropy(int rows, int classes) {
    Rows data = new Rows(rows, classes);
    double[] gradient = new double[rows * classes];
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < classes; k++) {
        double p = Math.exp(data.logProbabilities[r * classes + k]);
        gradient[r * classes + k] = (p - (k == data.targets[r] ? 1 : 0)) / rows;
      }
    }
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      long logits = gpu.of(data.logits);
      long copy = gpu.room(rows * data.stride);
      long nats = gpu.room(rows);
      gpu.kernels()
          .forRows(
              "softmax_gradient",
              rows,
              rows,
              classes,
              data.stride,
              gpu.of(data.biases),
              gpu.of(data.targets),
              1f / rows,
              logits,
              copy,
              nats);
      float[] found = gpu.floats(logits, rows * data.stride);
      gpu.assertCopied("gradient", found, copy);
      assertClose("gradient", found, data.padded(gradient), TOLERANCE / rows);
      assertClose("nats", gpu.floats(nats, rows), data.nats(), TOLERANCE);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "17, 33", "33, 17", "9, 257", "257, 3"})
  void aScoreHasTheCrossEntropyAndWhetherTheMostProbableIsRight(int rows, int classes) {
    Rows data = new Rows(rows, classes);
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      long nats = gpu.room(rows);
      long hits = gpu.room(rows);
      gpu.kernels()
          .forRows(
              "softmax_score",
              rows,
              rows,
              classes,
              data.stride,
              gpu.of(data.biases),
              gpu.of(data.targets),
              gpu.of(data.logits),
              nats,
              hits);
      assertClose("nats", gpu.floats(nats, rows), data.nats(), TOLERANCE);
      int[] found = gpu.ints(hits, rows);
      for (int r = 0; r < rows; r++) {
        assertThat(found[r]).as("row %d", r).isEqualTo(data.best(r) == data.targets[r] ? 1 : 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "17, 33", "9, 257"})
  void logarithmsOfProbabilities(int rows, int classes) {
    Rows data = new Rows(rows, classes);
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      long logits = gpu.of(data.logits);
      gpu.kernels()
          .forRows("log_softmax", rows, rows, classes, data.stride, gpu.of(data.biases), logits);
      assertClose(
          "log p",
          gpu.floats(logits, rows * data.stride),
          data.padded(data.logProbabilities),
          TOLERANCE);
    }
  }

  @Test
  void aTargetOfMinusOneIsNotScored() {
    Rows data = new Rows(9, 33);
    double[] expected = data.nats();
    for (int r = 0; r < 9; r += 2) {
      data.targets[r] = -1;
      expected[r] = 0;
    }
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      long nats = gpu.room(9);
      long hits = gpu.room(9);
      gpu.kernels()
          .forRows(
              "softmax_score",
              9,
              9,
              33,
              data.stride,
              gpu.of(data.biases),
              gpu.of(data.targets),
              gpu.of(data.logits),
              nats,
              hits);
      assertClose("nats", gpu.floats(nats, 9), expected, TOLERANCE);
      int[] found = gpu.ints(hits, 9);
      for (int r = 0; r < 9; r++) {
        assertThat(found[r]).as("row %d", r).isEqualTo(data.best(r) == data.targets[r] ? 1 : 0);
      }
    }
  }

  @Test
  void ofEquallyProbableCharactersTheFirstIsTheMostProbable() {
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      float[] equal = new float[2 * 48];
      long hits = gpu.room(2);
      gpu.kernels()
          .forRows(
              "softmax_score",
              2,
              2,
              40,
              48,
              gpu.of(new float[40]),
              gpu.of(0, 35),
              gpu.of(equal),
              gpu.room(2),
              hits);
      assertThat(gpu.ints(hits, 2)).containsExactly(1, 0);
    }
  }

  /** NaN and infinity must reach the loss, where divergence is detected. */
  @Test
  void aLogitThatIsNotANumberMakesTheLossNotANumber() {
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      float[] logits = new float[16];
      logits[5] = Float.NaN;
      long nats = gpu.room(1);
      gpu.kernels()
          .forRows(
              "softmax_gradient",
              1,
              1,
              7,
              16,
              gpu.of(new float[7]),
              gpu.of(2),
              1f,
              gpu.of(logits),
              0L,
              nats);
      assertThat(gpu.floats(nats, 1)[0]).isNaN();
    }
  }
}
