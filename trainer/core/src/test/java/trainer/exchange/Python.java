package trainer.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the scripts beside the tests with the Python of {@code -Dtrainer.python}. */
final class Python {
  private static final String PROGRAM = System.getProperty("trainer.python");
  private static final Path SCRIPTS = Path.of("src", "test", "python");

  private Python() {}

  /**
   * Runs a script, which must succeed.
   *
   * @param needs what the Python must have
   * @return its output
   */
  static String run(String needs, Path folder, String script, Object... arguments)
      throws IOException, InterruptedException {
    assumeTrue(
        PROGRAM != null, "-Dtrainer.python=PROGRAM names no Python with " + needs + " to check it");
    List<String> command = new ArrayList<>(List.of(PROGRAM, SCRIPTS.resolve(script).toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Process process = builder.redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String printed = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }
}
