package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.Seeds;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.run.DamagedException;
import trainer.training.Progress;
import trainer.training.Validation;

class FormatsTest {
  @Seeds(150)
  void progressReadsBackExactly(long seed) throws DamagedException {
    SplittableRandom random = new SplittableRandom(seed);
    assertReadsBack(
        random.nextInt() >>> 1,
        random.nextLong() >>> 1,
        Math.abs(finite(random)),
        finite(random),
        finite(random),
        Math.nextUp(random.nextDouble()));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0, 0, 1",
    "2147483647, 9223372036854775807, 1.7976931348623157E308, 4.9E-324, -4.9E-324, 4.9E-324",
    "1, 1, 4.9E-324, -0.0, 1.7976931348623157E308, 0.01"
  })
  void extremeProgressReadsBackExactly(
      int iteration, long characters, double seconds, double loss, double best, double factor)
      throws DamagedException {
    assertReadsBack(iteration, characters, seconds, loss, best, factor);
  }

  private static double finite(SplittableRandom random) {
    double value = Double.longBitsToDouble(random.nextLong());
    return Double.isFinite(value) ? value : random.nextDouble();
  }

  private static void assertReadsBack(
      int iteration, long characters, double seconds, double loss, double best, double factor)
      throws DamagedException {
    Progress progress =
        new Progress(
            iteration,
            iteration,
            1,
            characters,
            characters,
            seconds,
            iteration,
            loss,
            best,
            seconds,
            -loss,
            new Validation(best, iteration, 0, -best),
            factor,
            iteration % 3);
    assertThat(ProgressFormat.read(ProgressFormat.write(progress), "it")).isEqualTo(progress);
  }

  @Test
  void theStartOfARunReadsBackExactly() throws DamagedException {
    String text = ProgressFormat.write(Progress.start());
    assertThat(text)
        .contains("\"running_loss\" : \"NaN\"")
        .contains("\"best_loss\" : \"Infinity\"")
        .contains("\"evaluations_without_improvement\" : 0");
    assertThat(ProgressFormat.read(text, "it")).isEqualTo(Progress.start());
  }

  /** Checkpoints are compared byte by byte, and old ones must be readable. */
  @Test
  void progressIsWrittenAsItAlwaysWas() throws DamagedException {
    String text =
        """
        {
          "iteration" : 9,
          "recorded" : 9,
          "epoch" : 0,
          "segment" : 9,
          "characters" : 9216,
          "seconds" : 8.880233042,
          "reported_iterations" : 0,
          "reported_loss" : 0.0,
          "gradient_norm" : "NaN",
          "learning_rate" : 1.0E-5,
          "running_loss" : 4.137606401375882,
          "best_loss" : "Infinity",
          "best_iteration" : 9,
          "evaluations_without_improvement" : 0,
          "early_stopping_loss" : 3.259796646350132,
          "learning_rate_factor" : 1.0
        }
        """;
    assertThat(ProgressFormat.write(ProgressFormat.read(text, "it"))).isEqualTo(text);
  }

  @Test
  void aManifestIsWrittenAsItAlwaysWas() {
    StoredZip zip = new StoredZip();
    StoredZip.Entry first = zip.add("b.json", new byte[] {1});
    StoredZip.Entry second = zip.add("a.bin", new byte[] {2});
    assertThat(Manifest.of(9, zip.entries()))
        .isEqualTo(
            """
            {
              "format" : "character-rnn-checkpoint",
              "version" : 1,
              "iteration" : 9,
              "sha256" : {
                "b.json" : "%s",
                "a.bin" : "%s"
              }
            }
            """
                .formatted(first.sha256(), second.sha256()));
  }

  @Seeds(200)
  void carriedStateReadsBackBitForBit(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    List<Boolean> cells = new ArrayList<>();
    for (int left = random.nextInt(5); left > 0; left--) {
      cells.add(random.nextBoolean());
    }
    double[] numbers =
        random.longs(random.nextInt(1, 301)).mapToDouble(Double::longBitsToDouble).toArray();
    assertReadsBack(cells, random.nextInt(1, 10), numbers);
  }

  @Test
  void extremeCarriedStateReadsBackBitForBit() throws IOException {
    double[] numbers = {
      0, -0.0, 1, Double.NaN, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, Double.MAX_VALUE
    };
    assertReadsBack(List.of(), 1, numbers);
    assertReadsBack(List.of(true, false, true, false), 9, numbers);
  }

  private static void assertReadsBack(List<Boolean> cells, int lanes, double... numbers)
      throws IOException {
    List<LayerState> layers = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      int size = i * 50 + 1;
      layers.add(
          new LayerState(
              lanes,
              size,
              repeat(numbers, lanes * size),
              cells.get(i) ? repeat(numbers, lanes * size) : null));
    }
    CarriedState state = new CarriedState(layers);
    List<Layer> network = new ArrayList<>();
    for (LayerState layer : layers) {
      CellType cell = layer.cell() == null ? CellType.GRU : CellType.LSTM;
      network.add(new Layer(cell, layer.size(), 0));
    }
    CarriedState read = through(state, network, lanes);
    assertThat(read.layers()).hasSize(layers.size());
    for (int i = 0; i < layers.size(); i++) {
      assertThat(read.layers().get(i).lanes()).isEqualTo(lanes);
      assertThat(read.layers().get(i).size()).isEqualTo(layers.get(i).size());
      assertThat(bits(read.layers().get(i).hidden())).isEqualTo(bits(layers.get(i).hidden()));
      assertThat(bits(read.layers().get(i).cell())).isEqualTo(bits(layers.get(i).cell()));
    }
  }

  private static CarriedState through(CarriedState state, List<Layer> network, int lanes)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CarriedStateFormat.write(state, out);
    byte[] bytes = out.toByteArray();
    Path file = Files.createTempFile("carried", ".bin");
    try {
      Files.write(file, bytes);
      try (var channel = Files.newByteChannel(file);
          ZipEntryStream entry =
              new ZipEntryStream(
                  channel, new ZipDirectory.Entry("it", 0, bytes.length, bytes.length, false, 0))) {
        CarriedState read = CarriedStateFormat.read(entry, "it", network, lanes);
        assertThat(entry.left()).isZero();
        return read;
      }
    } finally {
      Files.delete(file);
    }
  }

  private static double[] repeat(double[] numbers, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = numbers[i % numbers.length];
    }
    return values;
  }

  private static long[] bits(double[] values) {
    if (values == null) {
      return null;
    }
    long[] bits = new long[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Double.doubleToRawLongBits(values[i]);
    }
    return bits;
  }
}
