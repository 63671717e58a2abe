package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;

/** The program for machines with a GPU, on the emulated one. */
class GpuCheckTest {
  private static final KernelCache NO_CACHE = new KernelCache(null);

  @Test
  void theChecksPassOnTheEmulatedGpu() {
    EmulatedCuda.fresh();
    assertThat(new GpuCheck(EmulatedCuda.libraries(), NO_CACHE).correctness(false)).isTrue();
  }

  @Test
  void productsThatAreTooInexactAreFound() {
    EmulatedCuda.fresh();
    GpuCorrectness correctness = new GpuCorrectness(EmulatedCuda.libraries(), NO_CACHE);
    GpuCorrectness.Case one = GpuCorrectness.cases(false).get(2);
    GpuCorrectness.Result tf32 = correctness.gradients(one, Precision.TF32);
    assertThat(tf32.right()).isTrue();
    assertThat(tf32.gradients()).isGreaterThan(GpuCorrectness.gradientTolerance(Precision.FLOAT32));
  }

  @Test
  void aMeasurementIsALineOfJson() {
    EmulatedCuda.fresh();
    GpuBenchmark benchmark = new GpuBenchmark(EmulatedCuda.libraries(), NO_CACHE);
    assertThat(
            benchmark.measure(
                new GpuBenchmark.Case(CellType.GRU, 4, 2, 3, Precision.BFLOAT16), 1e9))
        .startsWith(
            "{\"cell\": \"gru\", \"size\": 4, \"lanes\": 2, \"steps\": 3, \"precision\":"
                + " \"bfloat16\", \"milliseconds\": ");
  }
}
