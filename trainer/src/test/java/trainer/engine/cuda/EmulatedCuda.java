package trainer.engine.cuda;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import trainer.config.Compute.Precision;

/**
 * CUDA on a CPU: the engine's own kernels compiled as C++, behind the functions of CUDA's driver,
 * NVRTC and cuBLAS, in libraries of their names. Needs g++; tests that use it are skipped, and say
 * so, where there is none.
 */
public final class EmulatedCuda {
  private static final Path FOLDER = Path.of("target", "emulated-cuda").toAbsolutePath();
  private static final List<String> SOURCES = List.of("emulation.h", "emulated_cuda.cpp");

  /** The names of the libraries that it stands for. */
  static final List<String> LIBRARIES =
      List.of("libcuda.so.1", "libnvrtc.so.13", "libcublas.so.13");

  private static String missing;
  private static Controls controls;

  private EmulatedCuda() {}

  /** What emulated_cuda.cpp offers to tests. */
  @SuppressWarnings("MemberName") // names of a C library
  public interface Controls extends Library {
    void emulation_set(String name, long value);

    long emulation_get(String name);

    long emulation_reset();
  }

  /** A fresh emulation, without what a test before this one left; skips the test without g++. */
  public static Controls fresh() {
    Controls emulation = controls();
    emulation.emulation_reset();
    return emulation;
  }

  private static synchronized Controls controls() {
    if (controls == null && missing == null) {
      build();
    }
    Assumptions.assumeTrue(
        controls != null, () -> "skipped: kernels cannot be emulated without g++: " + missing);
    return controls;
  }

  /** The folder with the emulated libraries. */
  public static Path folder() {
    controls();
    return FOLDER;
  }

  /** Where the emulated libraries are, and nowhere else. */
  static LibrarySearch libraries() {
    return new LibrarySearch(List.of(FOLDER), null);
  }

  /** A folder with some of the libraries only. */
  static LibrarySearch libraries(Path folder, String... names) throws IOException {
    for (String name : names) {
      Files.createSymbolicLink(folder.resolve(name), FOLDER.resolve(name).toRealPath());
    }
    return new LibrarySearch(List.of(folder), null);
  }

  /** The emulated GPU. */
  static Device device(Precision precision) {
    return device(new GpuMode(precision, Recurrence.STEPS));
  }

  /** The emulated GPU. */
  static Device device(GpuMode mode) {
    controls();
    return Device.open(libraries(), new KernelCache(null), mode.precision(), mode.recurrence());
  }

  /** The files that the kernels are compiled from, in a folder. */
  static Path sources() throws IOException {
    Files.createDirectories(FOLDER);
    for (String name : Stream.concat(SOURCES.stream(), KernelSource.FILES.stream()).toList()) {
      try (InputStream in = EmulatedCuda.class.getResourceAsStream(name)) {
        Files.write(FOLDER.resolve(name), in.readAllBytes());
      }
    }
    return FOLDER;
  }

  private static void build() {
    try {
      Path library = sources().resolve("libemulated.so");
      Files.deleteIfExists(library);
      Optional<String> failure =
          failureOf(
              "g++",
              "-std=c++17",
              "-O2",
              "-Wall",
              "-Wextra",
              "-Werror",
              "-Wno-unused-function",
              "-Wno-unknown-pragmas",
              "-shared",
              "-fPIC",
              "-o",
              library.toString(),
              FOLDER.resolve("emulated_cuda.cpp").toString());
      if (failure.isPresent()) {
        missing = failure.get();
        if (!missing.startsWith("g++ cannot be run")) {
          throw new AssertionError("the emulation does not compile:\n" + missing);
        }
        return;
      }
      for (String name : LIBRARIES) {
        Files.deleteIfExists(FOLDER.resolve(name));
        Files.createSymbolicLink(FOLDER.resolve(name), library);
      }
      controls = Native.load(library.toString(), Controls.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program; what it says where it fails. */
  static Optional<String> failureOf(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.of(command[0] + " does not end");
      }
      return process.exitValue() == 0 ? Optional.empty() : Optional.of(output);
    } catch (IOException e) {
      return Optional.of(command[0] + " cannot be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(command[0] + " was interrupted");
    }
  }
}
