package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaCheckTest {
  @ParameterizedTest
  @CsvSource({"3, 7", "5, 0", "7, 0", "7, 5", "8, 0", "8, 6", "8, 9"})
  void gpusThatTheBuildHasCodeForAreUsed(int major, int minor) {
    assertThat(CudaCheck.tooNew(major, minor)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"3, 5", "3, 0", "9, 0", "10, 0", "12, 0"})
  void othersAreRefusedWithTheReason(int major, int minor) {
    assertThat(CudaCheck.tooNew(major, minor))
        .isEqualTo(
            "GPU 0 has compute capability %d.%d, and ND4J's CUDA 11.6 build runs on 3.7 to 8.9",
            major, minor);
  }
}
