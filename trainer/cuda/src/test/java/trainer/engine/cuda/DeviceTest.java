package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.cuda.CudaException;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.KernelCache;
import trainer.cuda.LibrarySearch;

/** Messages if the GPU cannot be used; no allocation is left. */
@Tag("slow")
class DeviceTest {
  private EmulatedCuda.Controls cuda;

  @TempDir private Path folder;

  @BeforeEach
  void startAfresh() {
    cuda = EmulatedCuda.fresh();
  }

  @AfterEach
  void leaveNoSettings() {
    cuda.emulation_reset();
  }

  private static void open(LibrarySearch search) {
    Device.open(
            search,
            new KernelCache(null),
            Precision.FLOAT32,
            new DeviceSettings(Recurrence.STEPS, true))
        .close();
  }

  private static void open() {
    open(EmulatedCuda.libraries());
  }

  private void assertNothingIsLeft() {
    assertThat(cuda.emulation_get("contexts")).isZero();
    assertThat(cuda.emulation_get("host allocations")).isZero();
    assertThat(cuda.emulation_get("graphs")).isZero();
    assertThat(cuda.emulation_get("modules")).isZero();
    assertThat(cuda.emulation_get("cublas handles")).isZero();
    assertThat(cuda.emulation_reset()).as("allocations").isZero();
  }

  @Test
  void aDeviceDescribesItselfAndLeaksNothing() {
    try (Device device = EmulatedCuda.device(Precision.TF32)) {
      assertThat(device.description())
          .isEqualTo("Emulated GPU 0, compute capability 9.0, CUDA 13.0, tf32");
    }
    assertNothingIsLeft();
  }

  @Test
  void noDriver() {
    LibrarySearch nowhere = new LibrarySearch(List.of(folder), null);
    assertThatThrownBy(() -> open(nowhere))
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "no NVIDIA driver on this machine: libcuda.so.1 was not found (searched %s, nowhere"
                + " else)",
            folder);
  }

  @Test
  void aDriverThatIsTooOld() {
    cuda.emulation_set("driver", 11020);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "the NVIDIA driver supports CUDA 11.2, but 11.4 or later is needed: update the"
                + " driver");
  }

  @Test
  void noGpu() {
    cuda.emulation_set("devices", 0);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage("the NVIDIA driver sees no GPU; CUDA_VISIBLE_DEVICES may hide it");
  }

  @Test
  void noRunTimeCompiler() throws IOException {
    LibrarySearch search = EmulatedCuda.libraries(folder, "libcuda.so.1");
    assertThatThrownBy(() -> open(search))
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith(
            "CUDA's run-time compiler is missing: none of libnvrtc.so.13, libnvrtc.so.12,"
                + " libnvrtc.so.11.2 was found (searched %s",
            folder)
        .hasMessageEndingWith("the nvidia/cuda runtime images, and pip's nvidia-cuda-nvrtc");
    assertNothingIsLeft();
  }

  @Test
  void noCublas() throws IOException {
    LibrarySearch search = EmulatedCuda.libraries(folder, "libcuda.so.1", "libnvrtc.so.13");
    assertThatThrownBy(() -> open(search))
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith("cuBLAS is missing: none of libcublas.so.13, libcublas.so.12");
    assertNothingIsLeft();
  }

  /** Libraries of a newer major version than the driver's do not work. */
  @Test
  void anOlderDriverLooksForOlderLibraries() throws IOException {
    cuda.emulation_set("driver", 12040);
    LibrarySearch search = EmulatedCuda.libraries(folder, "libcuda.so.1", "libnvrtc.so.13");
    assertThatThrownBy(() -> open(search))
        .hasMessageContaining("none of libnvrtc.so.12, libnvrtc.so.11.2 was found");
  }

  @Test
  void aGpuOlderThanTheCompilerKnows() {
    cuda.emulation_set("capability", 70);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "GPU 0 (Emulated GPU 0) has compute capability 7.0, but CUDA 13.0 compiles for 7.5 and"
                + " later: use a newer GPU or an older CUDA");
    assertNothingIsLeft();
  }

  @Test
  void aGpuOlderThanTheKernelsNeed() {
    cuda.emulation_set("capability", 61);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "GPU 0 (Emulated GPU 0) has compute capability 6.1, but 7.0 or later is needed: use a"
                + " newer GPU");
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(ints = {75, 90, 120})
  void aSupportedGpuGetsMachineCode(int capability) {
    cuda.emulation_set("capability", capability);
    open();
    assertThat(cuda.emulation_get("option:--gpu-architecture=sm_" + capability)).isEqualTo(1);
  }

  /** The driver compiles PTX of the newest older architecture. */
  @Test
  void aGpuThatTheCompilerDoesNotKnowGetsCodeForTheDriverToTranslate() {
    cuda.emulation_set("capability", 103);
    open();
    assertThat(cuda.emulation_get("option:--gpu-architecture=compute_90")).isEqualTo(1);
    assertThat(cuda.emulation_get("calls:nvrtcGetPTX")).isEqualTo(1);
  }

  @Test
  void theDriversMessagesAboutCodeThatItCannotLoadAreShown() {
    cuda.emulation_set("fail:cuModuleLoadDataEx", 218);
    cuda.emulation_set("compiler messages", 1);
    assertThatThrownBy(DeviceTest::open)
        .hasMessageStartingWith("cuModuleLoadDataEx, ptxas: emulated, failed with error 218");
    assertNothingIsLeft();
  }

  /** CUDA 13 has no code for compute capability 7.0, whose driver supports CUDA 13. */
  @Test
  void aGpuThatTheNewestCompilerHasDroppedGetsTheLibrariesOfAnOlderMajorVersion()
      throws IOException {
    cuda.emulation_set("capability", 70);
    EmulatedCuda.compilerFor70(folder.resolve("libnvrtc.so.12"));
    LibrarySearch search =
        EmulatedCuda.libraries(
            folder, "libcuda.so.1", "libnvrtc.so.13", "libcublas.so.13", "libcublas.so.12");
    open(search);
    CudaSurvey survey = CudaSurvey.of(search);
    assertThat(survey.obstacle()).isEmpty();
    assertThat(survey.libraries())
        .extracting(CudaSurvey.Library::source)
        .contains(
            folder.resolve("libnvrtc.so.12").toString(),
            folder.resolve("libcublas.so.12").toString());
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"TF32", "BFLOAT16"})
  void tensorCoresThatLackAPrecision(Precision precision) {
    cuda.emulation_set("capability", 75);
    open();
    assertThatThrownBy(() -> EmulatedCuda.device(precision))
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "GPU 0 (Emulated GPU 0) has compute capability 7.5, but tf32 and bfloat16 need 8.0: use"
                + " float32");
    assertNothingIsLeft();
  }

  /** The driver refuses every call of a process after a fault; only another process can go on. */
  @Test
  void aFaultNamesItselfOnceEndsCleanlyAndTheGpuIsNotTriedAgain() {
    String fault =
        "cuMemsetD32Async failed with error 700, CUDA_ERROR_EMULATED: an emulated error; restart the"
            + " program to use GPU 0 again";
    Device device = EmulatedCuda.device(Precision.FLOAT32);
    DeviceMemory memory = new DeviceMemory(device.gpu());
    cuda.emulation_set("fail:cuMemsetD32Async", 700);
    assertThatThrownBy(() -> memory.bytes(8)).hasMessage(fault);
    cuda.emulation_set("fault", 700);
    memory.close();
    device.close();
    cuda.emulation_reset();
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage("GPU 0 (Emulated GPU 0) failed: " + fault);
    assertThat(CudaSurvey.of(EmulatedCuda.libraries()).obstacle()).isPresent();
  }

  @Test
  void aFaultThatShowsAtTheEndDoesNotKeepTheRestFromClosing() {
    Device device = EmulatedCuda.device(Precision.FLOAT32);
    cuda.emulation_set("fault", 719);
    device.close();
    assertThat(device.gpu().isLost()).isTrue();
  }

  @Test
  void aGpuThatDoesNotFinishIsLost() {
    Device device = EmulatedCuda.device(Precision.FLOAT32);
    device.gpu().patience(Duration.ofMillis(5));
    cuda.emulation_set("hangs", 1);
    assertThatThrownBy(device.gpu()::synchronize)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "it has not finished its work in 0.005 s; restart the program to use GPU 0 again");
    device.close();
  }

  @Test
  void aGpuThatAnotherProcessHolds() {
    cuda.emulation_set("fail:cuDevicePrimaryCtxRetain", 46);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage("GPU 0 (Emulated GPU 0) is held exclusively by another process");
  }

  @Test
  void aKernelThatDoesNotCompile() {
    cuda.emulation_set("fail:nvrtcCompileProgram", 6);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "nvrtcCompileProgram failed with error 6: NVRTC_ERROR_EMULATED%n".formatted()
                + "lstm.cu(7): error: emulated");
    assertNothingIsLeft();
  }

  @Test
  void aGpuWithoutMemoryForTheProductsWorkspace() {
    cuda.emulation_set("memory", 1 << 20);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "out of memory on GPU 0 (Emulated GPU 0): an allocation needs 0.03 GB, 0.00 GB of 0.00"
                + " GB are free; lower training.batch_size, training.sequence_length or the size of"
                + " the layers, or stop other programs on the GPU");
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cuInit",
        "cuDriverGetVersion",
        "cuDeviceGetCount",
        "cuDeviceGet",
        "cuDeviceGetName",
        "cuDeviceGetAttribute",
        "cuDeviceTotalMem_v2",
        "cuDevicePrimaryCtxRetain",
        "cuCtxSetCurrent",
        "cuStreamCreate",
        "cuModuleLoadDataEx",
        "cuMemAlloc_v2",
        "cuMemsetD32Async"
      })
  void anErrorOfTheDriverNamesCallCodeAndMeaning(String call) {
    cuda.emulation_set("fail:" + call, 1);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "%s failed with error 1, CUDA_ERROR_EMULATED: an emulated error",
            call.replaceFirst("_v2$", ""));
    assertThat(cuda.emulation_get("contexts")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cublasCreate_v2", "cublasSetStream_v2", "cublasSetWorkspace_v2"})
  void anErrorOfCublasNamesCallCodeAndMeaning(String call) {
    cuda.emulation_set("fail:" + call, 14);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessage("%s failed with status 14: an emulated status", call.replaceFirst("_v2$", ""));
    assertNothingIsLeft();
  }

  @Test
  void errorsDuringCleanUpDoNotHideTheFailure() {
    cuda.emulation_set("fail:cublasSetStream_v2", 14);
    cuda.emulation_set("fail:cublasDestroy_v2", 7);
    cuda.emulation_set("fail:cuModuleUnload", 1);
    assertThatThrownBy(DeviceTest::open)
        .hasMessage("cublasSetStream failed with status 14: an emulated status")
        .satisfies(
            failure ->
                assertThat(failure.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly(
                        "cublasDestroy failed with status 7: an emulated status",
                        "cuModuleUnload failed with error 1, CUDA_ERROR_EMULATED: an emulated"
                            + " error"));
    assertThat(cuda.emulation_get("contexts")).isZero();
  }

  @ParameterizedTest
  @CsvSource({"cuDevicePrimaryCtxRetain, 2", "cuModuleLoadDataEx, 2", "cublasCreate_v2, 3"})
  void outOfMemoryMessagesNameTheSettingsToLower(String call, int code) {
    cuda.emulation_set("fail:" + call, code);
    assertThatThrownBy(DeviceTest::open)
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith(call.replaceFirst("_v2$", "") + " failed with ")
        .hasMessageEndingWith("; " + Gpu.LESS_MEMORY);
    assertNothingIsLeft();
  }
}
