package trainer.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The source of the kernels, compiled as one program. */
final class KernelSource {
  /** Resources of this package, in compilation order. */
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

  /** All files, with #line directives so that errors name file and line. */
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
