package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static trainer.engine.cuda.EmulatedKernels.assertClose;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Optimizer;
import trainer.cuda.Matrix;
import trainer.engine.UpdateRule;

/** Norm, clipping and updates, compiled as C++, against the definitions in double precision. */
@Tag("slow")
class UpdateKernelsTest {
  private static final int SEED = 13;
  private static final int LENGTH = 257;
  private static final int DECAYED = 202;
  private static final double RATE = 0.05;

  /** An optimizer with an epsilon that keeps small averages from magnifying their rounding. */
  static Stream<Optimizer> optimizers() {
    return Stream.of(
        new Optimizer.Adam(RATE, 0.9, 0.99, 0.01),
        new Optimizer.AdamW(RATE, 0.8, 0.9, 0.01, 0.5),
        new Optimizer.RmsProp(RATE, 0.95, 0.01),
        new Optimizer.Sgd(RATE, 0),
        new Optimizer.Sgd(RATE, 0.9));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void threeUpdatesAreThoseOfTheDefinition(Optimizer optimizer) {
    Random random = new Random(SEED);
    float[] start = EmulatedKernels.random(random, LENGTH);
    double[] exact = new double[LENGTH];
    Arrays.setAll(exact, i -> start[i]);
    double[][] averages = new double[2][LENGTH];
    UpdateRule rule = UpdateRule.of(optimizer);
    double scale = 0.25;
    double cut = 0.3;
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      Matrix parameters = new Matrix(gpu.of(start), gpu.room(LENGTH), 1, LENGTH, LENGTH);
      long[] moments = new long[optimizer.moments()];
      Arrays.setAll(moments, i -> gpu.room(LENGTH));
      for (int iteration = 0; iteration < 3; iteration++) {
        float[] gradient = EmulatedKernels.random(random, LENGTH);
        double rate = RATE / (iteration + 1);
        UpdateRule.Rates rates = rule.rates(rate, iteration);
        UpdateKernels.launch(
            gpu.kernels(),
            rule,
            new UpdateKernels.Vectors(
                LENGTH,
                DECAYED,
                (float) cut,
                gpu.of(0f, rates.rate(), rates.epsilon(), rates.keep()),
                gpu.of((float) scale),
                gpu.of(gradient),
                parameters,
                moments));
        for (int i = 0; i < LENGTH; i++) {
          double g = Math.max(-cut, Math.min(cut, scale * gradient[i]));
          exact[i] = updated(optimizer, exact[i], g, averages, i, rate, iteration);
        }
      }
      float[] found = gpu.floats(parameters.address(), LENGTH);
      assertClose("parameters", found, exact, 16 * 0x1p-24);
      gpu.assertCopied("parameters", found, parameters.copy());
      for (int i = 0; i < moments.length; i++) {
        boolean second = i == 1 || optimizer instanceof Optimizer.RmsProp;
        assertClose(
            "average " + i, gpu.floats(moments[i], LENGTH), averages[second ? 1 : 0], 8 * 0x1p-24);
      }
    }
  }

  private static double updated(
      Optimizer optimizer, double w, double g, double[][] kept, int i, double rate, int iteration) {
    double[] m = kept[0];
    double[] v = kept[1];
    if (optimizer instanceof Optimizer.Adam a) {
      return w - rate * adam(g, m, v, i, a.beta1(), a.beta2(), a.epsilon(), iteration);
    } else if (optimizer instanceof Optimizer.AdamW a) {
      double decayed = i < DECAYED ? w - rate * a.weightDecay() * w : w;
      return decayed - rate * adam(g, m, v, i, a.beta1(), a.beta2(), a.epsilon(), iteration);
    } else if (optimizer instanceof Optimizer.RmsProp r) {
      v[i] = r.decay() * v[i] + (1 - r.decay()) * g * g;
      return w - rate * g / (Math.sqrt(v[i]) + r.epsilon());
    } else if (optimizer instanceof Optimizer.Sgd s) {
      m[i] = s.momentum() * m[i] + g;
      return w - rate * m[i];
    }
    throw new AssertionError(optimizer);
  }

  private static double adam(
      double g,
      double[] m,
      double[] v,
      int i,
      double b1,
      double b2,
      double epsilon,
      int iteration) {
    m[i] = b1 * m[i] + (1 - b1) * g;
    v[i] = b2 * v[i] + (1 - b2) * g * g;
    double mean = m[i] / (1 - Math.pow(b1, iteration + 1));
    double square = v[i] / (1 - Math.pow(b2, iteration + 1));
    return mean / (Math.sqrt(square) + epsilon);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 33, 257, 100_000})
  void lossAndNormAreThoseOfAllRowsAndElements(int count) {
    Random random = new Random(SEED);
    float[] nats = EmulatedKernels.random(random, count);
    float[] gradient = EmulatedKernels.random(random, count);
    double loss = 0;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      loss += nats[i] / (double) count;
      squares += (double) gradient[i] * gradient[i];
    }
    double norm = Math.sqrt(squares);
    Result result = result(nats, gradient, (float) (norm / 2));
    assertThat((double) result.loss()).isCloseTo(loss, within(1e-7 + 1e-6 * Math.abs(loss)));
    assertThat((double) result.norm()).isCloseTo(norm, within(1e-6 * norm));
    assertThat((double) result.scale()).isCloseTo(0.5, within(1e-5));
    assertThat(result.sequence()).isEqualTo(77);
  }

  @Test
  void aGradientWithinTheBoundIsNotScaled() {
    assertThat(result(new float[] {1}, new float[] {3, 4}, 5.1f).scale()).isEqualTo(1f);
    assertThat(result(new float[] {1}, new float[] {3, 4}, Float.POSITIVE_INFINITY).scale())
        .isEqualTo(1f);
  }

  /** Clipping must not hide a NaN. */
  @Test
  void nanStaysNan() {
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      Matrix parameters = new Matrix(gpu.of(1f, 1f), 1, 2, 2);
      UpdateRule rule = new UpdateRule.Sgd(0);
      UpdateKernels.launch(
          gpu.kernels(),
          rule,
          new UpdateKernels.Vectors(
              2,
              2,
              0.5f,
              gpu.of(0f, 1f, 0f, 1f),
              gpu.of(1f),
              gpu.of(Float.NaN, 3f),
              parameters,
              new long[0]));
      assertThat(gpu.floats(parameters.address(), 2)).containsExactly(Float.NaN, 0.5f);
    }
  }

  private record Result(float loss, float norm, float scale, int sequence) {}

  private static Result result(float[] nats, float[] gradient, float bound) {
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      int parts = 4;
      long squares = gpu.room(2 * parts);
      long scale = gpu.room(1);
      long published = gpu.room(4);
      gpu.kernels()
          .forBlocks("gradient_squares", parts, gradient.length, gpu.of(gradient), squares);
      gpu.kernels()
          .forBlocks(
              "publish_loss",
              1,
              nats.length,
              gpu.of(nats),
              nats.length,
              gpu.of(77, 0, 0, 0),
              published);
      gpu.kernels()
          .forBlocks(
              "gradient_norm",
              1,
              parts,
              squares,
              bound,
              gpu.of(77, 0, 0, 0),
              scale,
              published + Long.BYTES);
      int[] words = gpu.ints(published, 4);
      assertThat(words[1]).isEqualTo(words[3]);
      return new Result(
          Float.intBitsToFloat(words[0]),
          Float.intBitsToFloat(words[2]),
          gpu.floats(scale, 1)[0],
          words[1]);
    }
  }
}
