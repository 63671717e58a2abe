package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;
import trainer.engine.cuda.PersistentPlan.Direction;

/** Compiles the kernels with nvcc, and the emulation with NVIDIA's header. */
@Tag("slow")
class KernelCompilationTest {
  private static final Pattern ARCHITECTURE = Pattern.compile("compute_(\\d+)");

  @TempDir private Path folder;

  /** All architectures take a minute; by default the oldest, Hopper and the newest. */
  private static final boolean ALL = Boolean.getBoolean("cuda.architectures.all");

  /** Without CUDA headers, as at run time. Of persistent kernels, Hopper's are in clusters. */
  @Test
  void everyKernelCompilesForTheArchitecturesThatNvccKnows() throws IOException {
    String nvcc = nvcc();
    compile(nvcc, KernelSource.text());
    compile(nvcc, persistent(33, 1, "== 900"));
    if (ALL) {
      compile(nvcc, persistent(512, 2, ">= 900"));
    }
  }

  /** All persistent kernels of a size, in clusters for some architectures. */
  private static String persistent(int units, int unitTiles, String clusters) {
    int slices = (units + 16 * unitTiles - 1) / (16 * unitTiles);
    CellType[] cells = {CellType.LSTM, CellType.GRU, CellType.SIMPLE_RNN};
    StringBuilder source = new StringBuilder();
    for (Precision precision : Precision.fixed()) { // from compute capability 8.0 on all
      source.append(
          precision == Precision.TF32
              ? "#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800\n"
              : "");
      for (CellType cell : cells) {
        for (Direction way : Direction.values()) {
          String program = KernelSource.persistent(cell, way, precision, units, unitTiles, slices);
          int kernel = program.lastIndexOf('\n', program.length() - 2) + 1;
          source.append(program.substring(source.indexOf("#define UNITS") < 0 ? 0 : kernel));
        }
      }
    }
    String either =
        "#if __CUDA_ARCH__ %s\n$0\n#else\n#define CLUSTER 0\n#endif".formatted(clusters);
    return source.toString().replaceFirst("#define CLUSTER .*", either) + "#endif\n";
  }

  private void compile(String nvcc, String text) throws IOException {
    Path source = folder.resolve("kernels.cu");
    Files.writeString(source, text);
    List<String> command =
        new ArrayList<>(
            List.of(nvcc, "-fatbin", "--threads", "0", "-std=c++17", "-Werror", "all-warnings"));
    architectures(nvcc)
        .forEach(a -> command.add("-gencode=arch=compute_%s,code=sm_%s".formatted(a, a)));
    command.addAll(List.of("-o", folder.resolve("kernels").toString(), source.toString()));
    assertThat(EmulatedCuda.failureOf(command.toArray(String[]::new))).isEmpty();
  }

  private static List<String> architectures(String nvcc) throws IOException {
    Process process = new ProcessBuilder(nvcc, "--list-gpu-arch").start();
    String listed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    List<String> architectures =
        ARCHITECTURE.matcher(listed).results().map(found -> found.group(1)).toList();
    assertThat(architectures).contains("75", "90");
    return ALL
        ? architectures
        : List.of(architectures.get(0), "90", architectures.get(architectures.size() - 1));
  }

  private static String nvcc() {
    Optional<String> failure = EmulatedCuda.failureOf("nvcc", "--version");
    assumeTrue(failure.isEmpty(), () -> "skipped: kernels are not compiled for GPUs: " + failure);
    return "nvcc";
  }

  /** Fails to compile if the emulation's declarations differ from NVIDIA's. */
  @Test
  void theEmulatedDriverIsDeclaredAsInCudasHeader() throws IOException {
    Optional<Path> include =
        Stream.of("/usr/local/cuda/include", "/usr/include", "/opt/cuda/include")
            .map(Path::of)
            .filter(path -> Files.exists(path.resolve("cuda.h")))
            .findFirst();
    assumeTrue(include.isPresent(), "skipped: cuda.h is not on this machine");
    EmulatedCuda.fresh();
    assertThat(
            EmulatedCuda.failureOf(
                "g++",
                "-std=c++17",
                "-fsyntax-only",
                "-DWITH_CUDA_HEADER",
                "-I" + include.get(),
                EmulatedCuda.sources().resolve("emulated_cuda.cpp").toString()))
        .isEmpty();
  }

  @Test
  void theSourceNamesItsFilesForTheCompilersMessages() {
    assertThat(KernelSource.text()).contains("#line 1 \"lstm.cu\"\n/*\n * Long short-term memory");
  }
}
