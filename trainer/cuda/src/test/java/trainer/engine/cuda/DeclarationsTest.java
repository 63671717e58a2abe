package trainer.engine.cuda;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Library;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cuda.CublasFunctions;
import trainer.cuda.DriverFunctions;
import trainer.cuda.LibrarySearch;
import trainer.cuda.NvrtcFunctions;

/**
 * The declarations in Java against NVIDIA's headers: JNA would pass an {@code int} for a {@code
 * size_t}. Skipped without the headers.
 */
@Tag("slow")
class DeclarationsTest {
  /** Checks the types of a function, a letter each, the result first. */
  private static final String FITS =
      """
      #include <type_traits>
      template <class T, unsigned bytes> constexpr bool number() {
        if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) return sizeof(T) == bytes;
        else return false;
      }
      template <class T> constexpr bool fits(char kind) {
        using Target = std::remove_cv_t<std::remove_pointer_t<T>>;
        switch (kind) {
          case 'i': return number<T, 4>();
          case 'l': return number<T, 8>();
          case 'I': return std::is_pointer_v<T> && number<Target, 4>();
          case 'L': return std::is_pointer_v<T> && number<Target, 8>();
          case 'P': return std::is_pointer_v<T> && std::is_pointer_v<Target>;
          case 'S': return std::is_same_v<T, const char *>;
          case 'B': return std::is_pointer_v<T>
              && (std::is_same_v<Target, char> || std::is_void_v<Target>);
          default: return std::is_pointer_v<T> && !std::is_same_v<Target, char>;
        }
      }
      template <class R, class... A>
      constexpr bool is(R (*)(A...), const char (&kinds)[sizeof...(A) + 2]) {
        int next = 0;
        return (fits<R>(kinds[next++]) && ... && fits<A>(kinds[next++]));
      }
      """;

  /** Everything else is a pointer. */
  private static final Map<Class<?>, Character> KINDS =
      Map.of(
          int.class, 'i',
          long.class, 'l',
          IntByReference.class, 'I',
          int[].class, 'I',
          LongByReference.class, 'L',
          PointerByReference.class, 'P',
          String[].class, 'P',
          String.class, 'S',
          byte[].class, 'B');

  @TempDir private Path folder;

  @Test
  void theDriversAreNvidias() throws IOException {
    assertDeclared(
        "cuda.h",
        DriverFunctions.class,
        Map.ofEntries(
            Map.entry("CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT", DriverFunctions.MULTIPROCESSORS),
            Map.entry(
                "CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR",
                DriverFunctions.COMPUTE_CAPABILITY_MAJOR),
            Map.entry(
                "CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR",
                DriverFunctions.COMPUTE_CAPABILITY_MINOR),
            Map.entry("CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH", DriverFunctions.COOPERATIVE_LAUNCH),
            Map.entry(
                "CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN",
                DriverFunctions.SHARED_MEMORY_OF_BLOCK),
            Map.entry(
                "CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES",
                DriverFunctions.MOST_SHARED_MEMORY),
            Map.entry(
                "CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED",
                DriverFunctions.LARGE_CLUSTERS),
            Map.entry("CU_MEMHOSTALLOC_DEVICEMAP", DriverFunctions.HOST_MEMORY_MAPPED),
            Map.entry("CU_STREAM_NON_BLOCKING", DriverFunctions.STREAM_NON_BLOCKING),
            Map.entry("CU_STREAM_CAPTURE_MODE_THREAD_LOCAL", DriverFunctions.CAPTURE_THREAD_LOCAL),
            Map.entry("CUDA_SUCCESS", DriverFunctions.SUCCESS),
            Map.entry("CUDA_ERROR_INVALID_VALUE", DriverFunctions.ERROR_INVALID_VALUE),
            Map.entry(
                "CUDA_ERROR_INVALID_CLUSTER_SIZE", DriverFunctions.ERROR_INVALID_CLUSTER_SIZE),
            Map.entry("CUDA_ERROR_OUT_OF_MEMORY", DriverFunctions.ERROR_OUT_OF_MEMORY),
            Map.entry("CUDA_ERROR_DEVICE_UNAVAILABLE", DriverFunctions.ERROR_DEVICE_UNAVAILABLE),
            Map.entry("CUDA_ERROR_NO_DEVICE", DriverFunctions.ERROR_NO_DEVICE),
            Map.entry("CUDA_ERROR_NOT_READY", DriverFunctions.ERROR_NOT_READY)));
  }

  @Test
  void theRunTimeCompilersAreNvidias() throws IOException {
    assertDeclared("nvrtc.h", NvrtcFunctions.class, Map.of());
  }

  @Test
  void cublasIsNvidias() throws IOException {
    assertDeclared(
        "cublas_api.h",
        CublasFunctions.class,
        Map.of(
            "CUDA_R_32F", CublasFunctions.TYPE_FLOAT32,
            "CUDA_R_16BF", CublasFunctions.TYPE_BFLOAT16,
            "CUBLAS_COMPUTE_32F_PEDANTIC", CublasFunctions.COMPUTE_FLOAT32_PEDANTIC,
            "CUBLAS_COMPUTE_32F", CublasFunctions.COMPUTE_FLOAT32,
            "CUBLAS_COMPUTE_32F_FAST_TF32", CublasFunctions.COMPUTE_FLOAT32_FAST_TF32,
            "CUBLAS_GEMM_DEFAULT", CublasFunctions.DEFAULT_ALGORITHM,
            "CUBLAS_STATUS_ALLOC_FAILED", CublasFunctions.ALLOCATION_FAILED));
  }

  /** Checks that the comparison can fail. */
  @Test
  void anIntWhereNvidiaHasASizeIsFound() throws IOException {
    assertThat(failure("cuda.h", "static_assert(is(cuMemAlloc_v2, \"iLi\"), \"cuMemAlloc\");"))
        .get()
        .asString()
        .contains("cuMemAlloc");
  }

  private void assertDeclared(
      String header, Class<? extends Library> functions, Map<String, Integer> constants)
      throws IOException {
    Stream<String> ofFunctions =
        Arrays.stream(functions.getDeclaredMethods())
            .map(
                function ->
                    "static_assert(is(%1$s, \"%2$s\"), \"%1$s\");"
                        .formatted(function.getName(), kinds(function)));
    Stream<String> ofConstants =
        constants.entrySet().stream()
            .map(entry -> "static_assert(%s == %d);".formatted(entry.getKey(), entry.getValue()));
    assertThat(failure(header, Stream.concat(ofFunctions, ofConstants).collect(joining("\n"))))
        .isEmpty();
  }

  private static String kinds(Method function) {
    return Stream.concat(
            Stream.of(function.getReturnType()), Arrays.stream(function.getParameterTypes()))
        .map(type -> KINDS.getOrDefault(type, '*'))
        .map(String::valueOf)
        .collect(joining());
  }

  /** The compiler's output if an assertion about a header fails. */
  private Optional<String> failure(String header, String assertions) throws IOException {
    Path include = include(header);
    Path source = folder.resolve("declarations.cpp");
    // C++ has a second overload of cublasGemmEx, which the library lacks.
    String declarations =
        Files.readString(include.resolve(header))
            .replaceAll("(static inline \\w+ cublasGemmEx)\\(", "$1OfOldCode(");
    Files.writeString(source, String.join("\n", declarations, FITS, assertions));
    return EmulatedCuda.failureOf(
        "g++",
        "-std=c++17",
        "-fsyntax-only",
        "-isystem",
        include.toString(),
        "-isystem",
        "/usr/local/cuda/include",
        source.toString());
  }

  /** The folder of a header: a toolkit's, or next to the configured libraries. */
  private static Path include(String header) {
    Optional<Path> include =
        Stream.concat(
                Stream.of("/usr/local/cuda/include", "/usr/include", "/opt/cuda/include")
                    .map(Path::of),
                LibrarySearch.ofThisMachine().named().stream()
                    .map(library -> library.resolveSibling("include")))
            .filter(path -> Files.exists(path.resolve(header)))
            .findFirst();
    assumeTrue(include.isPresent(), "skipped: %s is not on this machine".formatted(header));
    assumeTrue(EmulatedCuda.failureOf("g++", "--version").isEmpty(), "skipped: headers need g++");
    return include.get();
  }
}
