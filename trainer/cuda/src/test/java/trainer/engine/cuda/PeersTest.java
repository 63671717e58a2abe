package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.cuda.CudaException;
import trainer.cuda.KernelCache;
import trainer.engine.TreeOrder;

/** GPUs that use each other's memory, and the kernel that adds their gradients. */
@Tag("slow")
class PeersTest {
  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void useTwoEmulatedGpus() {
    cuda = EmulatedCuda.fresh();
    cuda.emulation_set("devices", 2);
  }

  @AfterEach
  void forgetThem() {
    EmulatedCuda.fresh();
  }

  /** Numbers whose sum depends on the order. */
  private static float[] random(Random random, int length) {
    float[] numbers = new float[length];
    for (int k = 0; k < length; k++) {
      numbers[k] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(20)));
    }
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 6, 8, 11, GradientSums.MOST_GPUS})
  void aSliceIsAddedInTheOrderOfTheTree(int gpus) {
    int length = 700;
    int from = 100;
    int to = 613;
    Random random = new Random(gpus);
    float[][] exact = new float[gpus][];
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      List<Long> gradients = new ArrayList<>();
      for (int rank = 0; rank < gpus; rank++) {
        exact[rank] = random(random, length);
        gradients.add(gpu.of(exact[rank]));
      }
      while (gradients.size() < GradientSums.MOST_GPUS) {
        gradients.add(0L);
      }
      gpu.kernels().forElements("sum_gradients", to - from, gradients, gpus, from, to);
      TreeOrder.each(
          gpus,
          (sum, term) -> {
            for (int k = from; k < to; k++) {
              exact[sum][k] += exact[term][k];
            }
          });
      for (int rank = 0; rank < gpus; rank++) {
        System.arraycopy(exact[0], from, exact[rank], from, to - from);
        assertThat(gpu.floats(gradients.get(rank), length)).containsExactly(exact[rank]);
      }
    }
  }

  private static Device open(int ordinal) {
    return Device.open(
        EmulatedCuda.libraries(),
        new KernelCache(null),
        Precision.FLOAT32,
        new DeviceSettings(Recurrence.STEPS, true),
        ordinal);
  }

  /** Adds a number in the memory of one GPU to one in that of another, by the latter. */
  private static void add(Device one, Device other) {
    one.gpu().enter();
    long from = one.memory().bytes(Float.BYTES);
    other.gpu().enter();
    long to = other.memory().bytes(Float.BYTES);
    other.kernels().forElements("add_gradient", 1, 1, from, to);
  }

  @Test
  void aGpuUsesTheMemoryOfAnotherThatItReaches() {
    try (Device one = open(0);
        Device other = open(1)) {
      assertThat(other.gpu().reach(one.gpu())).isTrue();
      assertThat(other.gpu().reach(one.gpu())).as("again").isTrue();
      add(one, other);
      assertThatThrownBy(() -> add(other, one))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("error 700");
    }
  }

  @Test
  void othersSayThatTheyCannot() {
    try (Device one = open(0);
        Device other = open(1)) {
      cuda.emulation_set("peer:1-0", 0);
      assertThat(other.gpu().reach(one.gpu())).isFalse();
      cuda.emulation_set("peer:1-0", 1);
      for (int error : new int[] {217, 711}) {
        cuda.emulation_set("fail:cuCtxEnablePeerAccess", error);
        assertThat(other.gpu().reach(one.gpu())).as("error %d", error).isFalse();
      }
      cuda.emulation_set("fail:cuCtxEnablePeerAccess", 205);
      assertThatThrownBy(() -> other.gpu().reach(one.gpu()))
          .hasMessageContaining("cuCtxEnablePeerAccess failed with error 205");
    }
  }
}
