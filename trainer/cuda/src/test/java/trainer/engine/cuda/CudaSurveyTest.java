package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class CudaSurveyTest {
  @TempDir private Path folder;

  /** On a machine without a GPU, the installed libraries are reported. */
  @Test
  void librariesAreListedWithoutADriver() throws IOException {
    EmulatedCuda.fresh();
    CudaSurvey survey =
        CudaSurvey.of(EmulatedCuda.libraries(folder, "libnvrtc.so.13", "libcublas.so.13"));
    assertThat(survey.libraries())
        .containsExactly(
            new CudaSurvey.Library("NVRTC", "13.0", folder.resolve("libnvrtc.so.13").toString()),
            new CudaSurvey.Library("cuBLAS", "13.1", folder.resolve("libcublas.so.13").toString()));
    assertThat(survey.gpus()).isEmpty();
    assertThat(survey.obstacle().orElseThrow()).startsWith("no NVIDIA driver on this machine");
  }
}
