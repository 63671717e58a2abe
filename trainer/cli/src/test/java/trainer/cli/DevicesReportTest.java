package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.engine.cuda.CudaSurvey;
import trainer.engine.cuda.EmulatedCuda;

@Tag("slow")
class DevicesReportTest {
  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void useTheEmulatedGpu() {
    cuda = EmulatedCuda.onThisMachine();
  }

  @AfterEach
  void forgetIt() {
    EmulatedCuda.leaveThisMachine();
  }

  @Test
  void itListsGpusLibrariesAndWhatEachEngineCanDo() {
    cuda.emulation_set("memory", 80_000_000_000L);
    assertThat(new DevicesReport(CudaSurvey.ofThisMachine(), 16).text().lines())
        .containsExactly(
            "GPU 0     Emulated GPU 0, compute capability 9.0, 132 multiprocessors, 80.0 GB",
            "driver    CUDA 13.0, %s/libcuda.so.1".formatted(EmulatedCuda.folder()),
            "NVRTC     CUDA 13.0, %s/libnvrtc.so.13".formatted(EmulatedCuda.folder()),
            "cuBLAS    CUDA 13.1, %s/libcublas.so.13".formatted(EmulatedCuda.folder()),
            "CPU       16 cores",
            "engines",
            "  cuda    yes: float32, tf32, bfloat16",
            "  cpu     yes: float32",
            "  nd4j    yes: float32, the readable reference",
            "  auto    cuda");
  }

  @Test
  void itReportsTheObstacle() throws JsonProcessingException {
    cuda.emulation_set("fail:cuDevicePrimaryCtxRetain", 46);
    DevicesReport report = new DevicesReport(CudaSurvey.ofThisMachine(), 16);
    String obstacle = "GPU 0 (Emulated GPU 0) is held exclusively by another process";
    assertThat(report.text()).contains("  cuda    no: " + obstacle, "  auto    cpu");
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.get("cuda_usable").asBoolean()).isFalse();
    assertThat(json.get("cuda_obstacle").asText()).isEqualTo(obstacle);
    assertThat(json.get("gpus").get(0).get("compute_capability").asText()).isEqualTo("9.0");
    assertThat(json.get("libraries").get("nvrtc").get("cuda_version").asText()).isEqualTo("13.0");
    assertThat(json.get("auto").asText()).isEqualTo("cpu");
  }

  @Test
  void aMachineWithoutCudaHasNoGpu() {
    CudaSurvey nothing =
        new CudaSurvey(List.of(), List.of(), Optional.of("no NVIDIA driver on this machine"));
    assertThat(new DevicesReport(nothing, 2).text().lines())
        .startsWith("GPU       none", "CPU       2 cores")
        .contains("  cuda    no: no NVIDIA driver on this machine");
  }
}
