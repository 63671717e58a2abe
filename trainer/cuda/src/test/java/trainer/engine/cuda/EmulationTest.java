package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.cuda.DeviceMemory;
import trainer.cuda.KernelCache;
import trainer.cuda.LibrarySearch;
import trainer.cuda.Matrix;
import trainer.cuda.Transfers;

/** Whether the emulation finds errors that depend on the order of threads or blocks. */
@Tag("slow")
class EmulationTest {
  @TempDir private Path folder;

  private static GpuCorrectness.Result check(LibrarySearch libraries, Recurrence way) {
    return check(libraries, way, 9);
  }

  private static GpuCorrectness.Result check(LibrarySearch libraries, Recurrence way, int steps) {
    SelfCheck.Case of = new SelfCheck.Case(List.of(new Layer(CellType.LSTM, 40, 0)), 5, 17, steps);
    GpuCorrectness correctness =
        new GpuCorrectness(
            mode ->
                Device.open(
                    libraries,
                    new KernelCache(null),
                    mode.precision(),
                    new DeviceSettings(mode.recurrence(), true)));
    return correctness.gradients(of, new GpuMode(Precision.FLOAT32, way));
  }

  /** Memory that nothing has written is not a number, and rounding does not make it one. */
  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void factorsThatNothingHasWrittenSpoilProducts(Precision precision) {
    EmulatedCuda.fresh();
    try (Device device = EmulatedCuda.device(precision);
        DeviceMemory memory = new DeviceMemory(device.gpu())) {
      Matrix factor = device.products().factor(memory, memory.matrix(1, 1));
      Matrix product = memory.matrix(1, 1);
      Transfers.upload(device.gpu(), new float[] {Float.intBitsToFloat(-1)}, factor.address());
      device.copy(factor);
      device.products().multiply(factor, factor, product);
      assertThat(Transfers.download(device.gpu(), product.address(), 1)[0]).isNaN();
    }
  }

  /**
   * Also if a block does not see what others write to plain memory: only words that are read and
   * written whole may pass between blocks.
   */
  @ParameterizedTest
  @CsvSource({"0, PERSISTENT", "1, PERSISTENT", "1, CLUSTERS"})
  void withoutAFaultAllIsRight(int caches, Recurrence way) {
    EmulatedCuda.fresh().emulation_set("caches", caches);
    GpuCorrectness.Result result = check(EmulatedCuda.libraries(), way);
    assertThat(result.right()).as("%s", result).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "1, PERSISTENT, a wrong sum",
    "2, PERSISTENT, words that arrive in two pieces",
    "2, CLUSTERS, words that arrive in two pieces"
  })
  void plantedFaultsAreFound(int fault, Recurrence way, String what) {
    EmulatedCuda.fresh().emulation_set("planted", fault);
    GpuCorrectness.Result result = check(EmulatedCuda.libraries(), way);
    assertThat(result.right()).as("%s: %s", what, result).isFalse();
  }

  /** Writes to blocks that may not have started, or may have ended; to the next block. */
  @ParameterizedTest
  @CsvSource({"4, error 719", "5, error 719", "6, in vain"})
  void clustersWhoseBlocksDoNotWaitOrMistakeEachOtherAreFound(int fault, String failure) {
    EmulatedCuda.fresh().emulation_set("planted", fault);
    assertThatThrownBy(() -> check(EmulatedCuda.libraries(), Recurrence.CLUSTERS))
        .hasMessageContaining(failure);
  }

  /** With one buffer, a word is overwritten before all have read it. */
  @Test
  void wordsThatAreOverwrittenTooEarlyAreFound() throws IOException {
    LibrarySearch one =
        EmulatedCuda.changed(folder, "exchange.cuh", "number % 2 * words", "number % 1 * words");
    for (Recurrence way : List.of(Recurrence.PERSISTENT, Recurrence.CLUSTERS)) {
      // One of the steps is run by a block that is ahead just then.
      assertThatThrownBy(() -> check(one, way, 90)).hasMessageContaining("in vain");
    }
  }
}
