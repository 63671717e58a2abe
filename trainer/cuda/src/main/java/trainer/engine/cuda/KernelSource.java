package trainer.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;
import trainer.engine.cuda.PersistentPlan.Direction;

/** The sources of the kernels. */
final class KernelSource {
  private static final List<String> CELLS =
      List.of("ptx.cuh", "device.cuh", "cell.cuh", "lstm.cu", "gru.cu", "simple_rnn.cu");

  /** Resources of this package that one program has for all networks, in compilation order. */
  private static final List<String> GENERAL =
      Stream.concat(
              CELLS.stream(),
              Stream.of(
                  "copies.cu", "dropout.cu", "softmax.cu", "sums.cu", "update.cu", "peers.cu"))
          .toList();

  /** Those of a persistent kernel, each in a program of its own. */
  private static final List<String> PERSISTENT =
      Stream.concat(CELLS.stream(), Stream.of("exchange.cuh", "tiles.cuh", "persistent.cu"))
          .toList();

  /** All resources. */
  static final List<String> FILES =
      Stream.concat(GENERAL.stream(), PERSISTENT.stream()).distinct().toList();

  private KernelSource() {}

  /** The program for all networks, with #line directives so that errors name file and line. */
  static String text() {
    return text(GENERAL);
  }

  /** All files. */
  static String all() {
    return text(FILES);
  }

  /**
   * The program with one persistent kernel, for a size of layer and a share of the blocks.
   *
   * @param cluster blocks of a thread-block cluster; 0: none
   */
  static String persistent(
      CellType cell,
      Direction direction,
      Precision precision,
      int units,
      int unitTiles,
      int cluster) {
    String structures =
        switch (cell) {
          case LSTM, GRAVES_LSTM -> "Lstm";
          case GRU -> "Gru";
          case SIMPLE_RNN -> "SimpleRnn";
        };
    String name = precision.name();
    return ("#define UNITS %d\n#define UNIT_TILES %d\n#define CLUSTER %d\n"
            + "%s%s_SEQUENCE(%s, %s, %s, %s)\n")
        .formatted(
            units,
            unitTiles,
            cluster,
            text(PERSISTENT),
            direction,
            CellKernels.of(cell).name(),
            structures,
            name.toLowerCase(Locale.ROOT),
            name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT));
  }

  private static String text(List<String> files) {
    return files.stream()
        .map(file -> "#line 1 \"%s\"\n%s\n".formatted(file, read(file)))
        .collect(Collectors.joining());
  }

  private static String read(String file) {
    try (InputStream in = KernelSource.class.getResourceAsStream(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
