package trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmarks fit this program. They are a module that only a profile builds, because libtorch
 * is large; what needs libtorch is left out here.
 */
final class BenchmarkSourcesTest {
  @TempDir private Path folder;

  @Test
  void compileAgainstThisProgram() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(diagnostics, null, null)) {
      compiler
          .getTask(
              null,
              files,
              diagnostics,
              List.of("-d", folder.toString(), "-proc:none"),
              null,
              files.getJavaFileObjectsFromPaths(sources()))
          .call();
    }

    assertThat(diagnostics.getDiagnostics()).isEmpty();
    assertThat(folder.resolve("trainer/benchmark/Comparison.class")).exists();
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("../benchmark"))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.getFileName().toString().startsWith("Libtorch"))
          .toList();
    }
  }
}
