package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.run.DamagedException;
import trainer.training.Progress;
import trainer.training.Validation;

class FormatsTest {
  @Property(tries = 500)
  void progressReadsBackExactly(
      @ForAll @IntRange(max = Integer.MAX_VALUE) int iteration,
      @ForAll @LongRange(max = Long.MAX_VALUE) long characters,
      @ForAll @DoubleRange(max = Double.MAX_VALUE) double seconds,
      @ForAll double loss,
      @ForAll double best,
      @ForAll @DoubleRange(min = 0, minIncluded = false, max = 1) double factor)
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
            factor);
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

  @Property(tries = 200)
  void carriedStateReadsBackBitForBit(
      @ForAll @Size(max = 4) List<Boolean> cells,
      @ForAll @IntRange(min = 1, max = 9) int lanes,
      @ForAll @Size(min = 1, max = 300) double[] numbers)
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
