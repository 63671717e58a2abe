package trainer.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The source of the engine's kernels, which are compiled as one program. */
final class KernelSource {
  /** Files beside this class, in the order in which they are compiled. */
  static final List<String> FILES =
      List.of(
          "device.cuh",
          "ptx.cuh",
          "cell.cuh",
          "lstm.cu",
          "gru.cu",
          "simple_rnn.cu",
          "tiles.cuh",
          "persistent.cu",
          "dropout.cu",
          "softmax.cu",
          "sums.cu",
          "update.cu");

  private KernelSource() {}

  /** All files, with directives that let the compiler name file and line of an error. */
  static String text() {
    StringBuilder text = new StringBuilder();
    for (String file : FILES) {
      text.append("#line 1 \"").append(file).append("\"\n").append(read(file)).append('\n');
    }
    return text.toString();
  }

  private static String read(String file) {
    try (InputStream in = KernelSource.class.getResourceAsStream(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
