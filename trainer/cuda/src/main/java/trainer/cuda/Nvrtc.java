package trainer.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * CUDA's run-time compiler. Checks every result.
 *
 * @param functions of libnvrtc
 * @param source path of the library
 */
public record Nvrtc(NvrtcFunctions functions, String source) {
  /** The oldest compute capability that the kernels support. */
  private static final int OLDEST = 70;

  /**
   * Finds a compiler.
   *
   * @param driverVersion the newest CUDA version that the driver supports
   * @param gpu the newest compiler that knows it, or an older GPU, is taken; null: the newest
   * @throws CudaException if there is none that the driver and the GPU can use
   */
  public static Nvrtc load(LibrarySearch search, int driverVersion, GpuProperties gpu) {
    List<String> names =
        names(driverVersion, List.of("libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"));
    CudaException unfit = null;
    for (String name : names) {
      LibrarySearch.Found<NvrtcFunctions> found =
          search.find(NvrtcFunctions.class, List.of(name), List.of("libnvrtc-builtins.so*"));
      if (found != null) {
        Nvrtc compiler = new Nvrtc(found.functions(), found.source());
        try {
          if (gpu != null) {
            compiler.target(gpu);
          }
          return compiler;
        } catch (CudaException e) {
          unfit = unfit == null ? e : unfit;
        }
      }
    }
    if (unfit != null) {
      throw unfit;
    }
    throw new CudaException(
        ("CUDA's run-time compiler is missing: none of %s was found (%s). It comes with the CUDA"
                + " toolkit, the nvidia/cuda runtime images, and pip's nvidia-cuda-nvrtc")
            .formatted(String.join(", ", names), search.places()));
  }

  /** Names of libraries whose major version the driver supports, newest first. */
  static List<String> names(int driverVersion, List<String> newestFirst) {
    int newest = Math.max(11, Math.min(13, driverVersion / 1000));
    return newestFirst.subList(13 - newest, newestFirst.size());
  }

  private void check(String call, int result) {
    if (result != 0) {
      throw new CudaException(
          "%s failed with error %d: %s"
              .formatted(call, result, functions.nvrtcGetErrorString(result)));
    }
  }

  /** Ten times the version: 130 for 13.0. */
  public int version() {
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    check("nvrtcVersion", functions.nvrtcVersion(major, minor));
    return 10 * major.getValue() + minor.getValue();
  }

  /** The major version. */
  public int major() {
    return version() / 10;
  }

  /** The compute capabilities it compiles for, 10 · major + minor, ascending. */
  public int[] architectures() {
    IntByReference count = new IntByReference();
    check("nvrtcGetNumSupportedArchs", functions.nvrtcGetNumSupportedArchs(count));
    int[] architectures = new int[count.getValue()];
    check("nvrtcGetSupportedArchs", functions.nvrtcGetSupportedArchs(architectures));
    Arrays.sort(architectures);
    return architectures;
  }

  /**
   * The compilation target: the GPU's machine code if this compiler supports it, else PTX of the
   * newest older architecture, which the driver compiles.
   *
   * @throws CudaException if the GPU is too old for the kernels or the compiler
   */
  public String target(GpuProperties gpu) {
    if (gpu.capability() < OLDEST) {
      throw new CudaException(
          "%s has compute capability %s, but %s or later is needed: use a newer GPU"
              .formatted(gpu.text(), gpu.capabilityText(), GpuProperties.version(OLDEST)));
    }
    int[] architectures = architectures();
    if (IntStream.of(architectures).anyMatch(known -> known == gpu.capability())) {
      return "sm_" + gpu.capability();
    }
    int newest =
        IntStream.of(architectures)
            .filter(known -> known < gpu.capability())
            .max()
            .orElseThrow(
                () ->
                    new CudaException(
                        ("%s has compute capability %s, but CUDA %s compiles for %s and later: use a"
                                + " newer GPU or an older CUDA")
                            .formatted(
                                gpu.text(),
                                gpu.capabilityText(),
                                GpuProperties.version(version()),
                                GpuProperties.version(architectures[0]))));
    return "compute_" + newest;
  }

  /** Compiles a program to machine code for {@code sm_…}, to PTX for {@code compute_…}. */
  public byte[] compile(String source, List<String> options) {
    PointerByReference program = new PointerByReference();
    check(
        "nvrtcCreateProgram",
        functions.nvrtcCreateProgram(program, source, "trainer.cu", 0, null, null));
    try {
      int result =
          functions.nvrtcCompileProgram(
              program.getValue(), options.size(), options.toArray(String[]::new));
      if (result != 0) {
        throw new CudaException(
            "nvrtcCompileProgram failed with error %d: %s%n%s"
                .formatted(result, functions.nvrtcGetErrorString(result), log(program.getValue())));
      }
      return image(program.getValue(), options.stream().anyMatch(o -> o.contains("=sm_")));
    } finally {
      check("nvrtcDestroyProgram", functions.nvrtcDestroyProgram(program));
    }
  }

  private String log(Pointer program) {
    LongByReference bytes = new LongByReference();
    check("nvrtcGetProgramLogSize", functions.nvrtcGetProgramLogSize(program, bytes));
    byte[] log = new byte[Math.toIntExact(bytes.getValue())];
    check("nvrtcGetProgramLog", functions.nvrtcGetProgramLog(program, log));
    return new String(log, StandardCharsets.UTF_8).replace("\0", "").strip();
  }

  private byte[] image(Pointer program, boolean machineCode) {
    LongByReference bytes = new LongByReference();
    if (machineCode) {
      check("nvrtcGetCUBINSize", functions.nvrtcGetCUBINSize(program, bytes));
      byte[] image = new byte[Math.toIntExact(bytes.getValue())];
      check("nvrtcGetCUBIN", functions.nvrtcGetCUBIN(program, image));
      return image;
    }
    check("nvrtcGetPTXSize", functions.nvrtcGetPTXSize(program, bytes));
    byte[] image = new byte[Math.toIntExact(bytes.getValue())];
    check("nvrtcGetPTX", functions.nvrtcGetPTX(program, image));
    return image;
  }
}
