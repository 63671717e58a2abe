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
import trainer.engine.cpu.CpuLibrary;
import trainer.engine.cuda.CudaSurvey;
import trainer.engine.cuda.EmulatedCuda;

@Tag("slow")
class DevicesReportTest {
  private static final DevicesReport.Cpu CPU =
      new DevicesReport.Cpu(
          "Xeon 8375C", 16, 64_000_000_000L, new CpuLibrary("oneDNN 2.5.2", "AVX-512", true));

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
    assertThat(new DevicesReport(CudaSurvey.ofThisMachine(), CPU).text().lines())
        .containsExactly(
            "GPU 0     Emulated GPU 0, compute capability 9.0, 132 multiprocessors, 80.0 GB",
            "driver    CUDA 13.0, %s/libcuda.so.1".formatted(EmulatedCuda.folder()),
            "NVRTC     CUDA 13.0, %s/libnvrtc.so.13".formatted(EmulatedCuda.folder()),
            "cuBLAS    CUDA 13.1, %s/libcublas.so.13".formatted(EmulatedCuda.folder()),
            "CPU       Xeon 8375C, 16 cores, AVX-512, 64.0 GB",
            "BLAS      oneDNN 2.5.2",
            "engines",
            "  cuda    yes: float32, tf32, bfloat16",
            "  cpu     yes: float32, bfloat16",
            "  nd4j    yes: float32, the readable reference",
            "  auto    cuda");
  }

  @Test
  void itSaysHowSeveralGpusTrain() {
    cuda.emulation_set("devices", 2);
    assertThat(new DevicesReport(CudaSurvey.ofThisMachine(), CPU).text().lines())
        .contains("  cuda    yes: float32, tf32, bfloat16; several with compute.gpus");
  }

  @Test
  void aGpuBeforeAmpereHasOnePrecision() {
    cuda.emulation_set("capability", 75);
    assertThat(new DevicesReport(CudaSurvey.ofThisMachine(), CPU).text().lines())
        .contains("  cuda    yes: float32");
  }

  @Test
  void itReportsTheObstacle() throws JsonProcessingException {
    cuda.emulation_set("fail:cuDevicePrimaryCtxRetain", 46);
    DevicesReport report = new DevicesReport(CudaSurvey.ofThisMachine(), CPU);
    String obstacle = "GPU 0 (Emulated GPU 0) is held exclusively by another process";
    assertThat(report.text()).contains("  cuda    no: " + obstacle, "  auto    cpu");
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.get("cuda_usable").asBoolean()).isFalse();
    assertThat(json.get("cuda_obstacle").asText()).isEqualTo(obstacle);
    assertThat(json.get("gpus").get(0).get("compute_capability").asText()).isEqualTo("9.0");
    assertThat(json.get("libraries").get("nvrtc").get("cuda_version").asText()).isEqualTo("13.0");
    assertThat(json.get("auto").asText()).isEqualTo("cpu");
    assertThat(json.get("processor").asText()).isEqualTo("Xeon 8375C");
    assertThat(json.get("processors").asInt()).isEqualTo(16);
    assertThat(json.get("instructions").asText()).isEqualTo("AVX-512");
    assertThat(json.get("memory_bytes").asLong()).isEqualTo(64_000_000_000L);
    assertThat(json.get("blas").asText()).isEqualTo("oneDNN 2.5.2");
  }

  @Test
  void aMachineWithoutCudaHasNoGpu() {
    CudaSurvey nothing =
        new CudaSurvey(List.of(), List.of(), Optional.of("no NVIDIA driver on this machine"));
    assertThat(new DevicesReport(nothing, CPU).text().lines())
        .startsWith("GPU       none", "CPU       Xeon 8375C, 16 cores, AVX-512, 64.0 GB")
        .contains("  cuda    no: no NVIDIA driver on this machine");
  }
}
