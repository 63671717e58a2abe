package trainer.engine.cuda;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.cuda.KernelCache;
import trainer.cuda.LibrarySearch;
import trainer.cuda.LostGpus;

/**
 * CUDA on a CPU: the engine's kernels compiled as C++, behind emulated libraries of the driver,
 * NVRTC and cuBLAS. Needs g++; without it, tests that use it are skipped with a message.
 */
public final class EmulatedCuda {
  /** Of all modules: g++ takes some 8 s. */
  private static final Path FOLDER =
      Path.of("../cuda/target/emulated-cuda").toAbsolutePath().normalize();

  private static final String LIBRARY = "libemulated.so";

  /** What this process remembers of the emulated GPU. */
  private static final Path CACHE = FOLDER.resolve("cache-" + ProcessHandle.current().pid());

  private static final List<String> SOURCES = List.of("emulation.h", "emulated_cuda.cpp");

  /** The names of the emulated libraries. */
  static final List<String> LIBRARIES =
      List.of("libcuda.so.1", "libnvrtc.so.13", "libcublas.so.13");

  private static String missing;
  private static Controls controls;

  private EmulatedCuda() {}

  /** Functions of emulated_cuda.cpp for tests. */
  @SuppressWarnings("MemberName") // names of C functions
  public interface Controls extends Library {
    void emulation_set(String name, long value);

    long emulation_get(String name);

    long emulation_reset();
  }

  /** A reset emulation. Skips the test without g++. */
  public static Controls fresh() {
    Controls emulation = controls();
    emulation.emulation_reset();
    LostGpus.forget();
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

  /** A reset emulation that is this machine's GPU until {@link #leaveThisMachine}. */
  public static Controls onThisMachine() {
    Controls emulation = fresh();
    System.setProperty("trainer.cuda.libraries", FOLDER.toString());
    System.setProperty("trainer.cuda.cache", CACHE.toString());
    return emulation;
  }

  /** Undoes {@link #onThisMachine}. */
  public static void leaveThisMachine() {
    System.clearProperty("trainer.cuda.libraries");
    System.clearProperty("trainer.cuda.cache");
  }

  /** A search for the emulated libraries only. */
  public static LibrarySearch libraries() {
    return new LibrarySearch(List.of(FOLDER), null);
  }

  /** A folder with some of the libraries. */
  public static LibrarySearch libraries(Path folder, String... names) throws IOException {
    for (String name : names) {
      Files.createSymbolicLink(folder.resolve(name), FOLDER.resolve(LIBRARY).toRealPath());
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
    return Device.open(
        libraries(),
        new KernelCache(null),
        mode.precision(),
        new DeviceSettings(mode.recurrence(), true));
  }

  /** Copies the sources of the emulation to a folder. */
  static Path sources() throws IOException {
    return sources(FOLDER);
  }

  private static Path sources(Path folder) throws IOException {
    writeSources(folder);
    return folder;
  }

  /** Whether any of them has changed. */
  private static boolean writeSources(Path folder) throws IOException {
    Files.createDirectories(folder);
    boolean changed = false;
    for (String name : Stream.concat(SOURCES.stream(), KernelSource.FILES.stream()).toList()) {
      try (InputStream in = EmulatedCuda.class.getResourceAsStream(name)) {
        Path file = folder.resolve(name);
        byte[] source = in.readAllBytes();
        if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), source)) {
          Files.write(file, source);
          changed = true;
        }
      }
    }
    return changed;
  }

  /** Builds the libraries in a folder, with a text replaced in one source. */
  static LibrarySearch changed(Path folder, String source, String text, String instead)
      throws IOException {
    controls();
    Path file = sources(folder).resolve(source);
    String original = Files.readString(file);
    Assertions.assertThat(original).contains(text);
    Files.writeString(file, original.replace(text, instead));
    Assertions.assertThat(compile(folder, "-O0")).isEmpty();
    return new LibrarySearch(List.of(folder), null);
  }

  /** A run-time compiler that knows only compute capability 7.0. */
  static void compilerFor70(Path library) throws IOException {
    String source =
        """
        #include <cstring>
        #include <initializer_list>
        extern "C" {
        int nvrtcVersion(int *major, int *minor) { *major = 12; *minor = 9; return 0; }
        int nvrtcGetNumSupportedArchs(int *count) { *count = 1; return 0; }
        int nvrtcGetSupportedArchs(int *known) { *known = 70; return 0; }
        int nvrtcCreateProgram(void **, char *, char *, int, char **, char **) { return 0; }
        int nvrtcCompileProgram(void *, int, char **) { return 0; }
        int nvrtcGetCUBINSize(void *, size_t *bytes) { *bytes = 9; return 0; }
        int nvrtcGetCUBIN(void *, char *image) { strcpy(image, "emulated"); return 0; }
        int nvrtcDestroyProgram(void **) { return 0; }
        }
        """;
    Path file = Files.writeString(library.resolveSibling("compiler.cpp"), source);
    Assertions.assertThat(
            failureOf("g++", "-shared", "-fPIC", "-o", library.toString(), file.toString()))
        .isEmpty();
  }

  /** A library without functions. */
  public static void emptyLibrary(Path library) throws IOException {
    controls();
    Path source = Files.createFile(library.resolveSibling("empty.cpp"));
    Assertions.assertThat(
            failureOf("g++", "-shared", "-fPIC", "-o", library.toString(), source.toString()))
        .isEmpty();
  }

  /** Compiles the sources in a folder; returns the compiler's output if it fails. */
  private static Optional<String> compile(Path folder, String optimization) throws IOException {
    Path library = folder.resolve(LIBRARY);
    Files.deleteIfExists(library);
    Path unfinished = folder.resolve(LIBRARY + ".part");
    Optional<String> failure =
        failureOf(
            "g++",
            "-std=c++17",
            optimization,
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-unused-function",
            "-Wno-unknown-pragmas",
            "-shared",
            "-fPIC",
            "-fno-gnu-unique",
            "-Wl,-Bsymbolic", // several of these libraries in one process, each with its own
            // kernels
            "-o",
            unfinished.toString(),
            folder.resolve("emulated_cuda.cpp").toString());
    if (failure.isEmpty()) {
      Files.move(unfinished, library);
      for (String name : LIBRARIES) {
        Files.deleteIfExists(folder.resolve(name));
        Files.createSymbolicLink(folder.resolve(name), library);
      }
    }
    return failure;
  }

  private static Path lockFile() throws IOException {
    return Files.createDirectories(FOLDER).resolve("lock");
  }

  // Parallel test processes share the first one's build.
  private static void build() {
    try (FileChannel channel = FileChannel.open(lockFile(), CREATE, WRITE)) {
      channel.lock();
      Optional<String> failure =
          writeSources(FOLDER) || !Files.exists(FOLDER.resolve(LIBRARY))
              ? compile(FOLDER, "-O2")
              : Optional.empty();
      if (failure.isPresent()) {
        missing = failure.get();
        if (!missing.startsWith("g++ cannot be run")) {
          throw new AssertionError("the emulation does not compile:\n" + missing);
        }
        return;
      }
      controls = Native.load(FOLDER.resolve(LIBRARY).toString(), Controls.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program; returns its output if it fails. */
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
