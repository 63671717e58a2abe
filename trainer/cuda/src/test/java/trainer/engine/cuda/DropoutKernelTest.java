package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.cuda.Matrix;
import trainer.engine.DropoutMask;
import trainer.engine.Lanes;

/** The dropout kernel, compiled as C++, has the same masks as every engine. */
@Tag("slow")
class DropoutKernelTest {
  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-9, 0.1, 0.25, 1 / 3.0, 0.5, 0.9, 0.9999999})
  void theMasksAreThoseOfAllEngines(double probability) {
    int elements = 3 * 17 * 257;
    float[] values = EmulatedKernels.random(new Random(1), elements);
    long key = DropoutMask.key(42, 7, 2);
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      long keyAddress = gpu.of((int) key, (int) (key >>> 32));
      long from = gpu.of(values);
      long to = gpu.room(elements);
      long copy = gpu.room(elements);
      Lanes lanes = new Lanes(0, 17, 17);
      Dropout dropout = Dropout.of(gpu.device(), layer(probability), keyAddress, lanes);
      Matrix input = new Matrix(from, 51, 257, 257);
      Matrix output = new Matrix(to, copy, 51, 257, 257);
      dropout.apply(input, output, 0, 20);
      dropout.apply(input, output, 20, 31);
      float scale = (float) (1 / (1 - probability));
      float[] found = gpu.floats(to, elements);
      gpu.assertCopied("outputs", found, copy);
      for (int i = 0; i < elements; i++) {
        float expected = DropoutMask.keep(key, i, probability) ? scale * values[i] : 0f;
        assertThat(found[i]).as("element %d", i).isEqualTo(expected);
      }
    }
  }

  /** Three of eight lanes have the masks that they would have among all. */
  @Test
  void theMasksOfSomeLanesAreTheirsAmongAll() {
    int units = 5;
    int steps = 7;
    Lanes lanes = new Lanes(2, 3, 8);
    int elements = steps * lanes.count() * units;
    long key = DropoutMask.key(42, 7, 2);
    float[] ones = new float[elements];
    Arrays.fill(ones, 1);
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      long keyAddress = gpu.of((int) key, (int) (key >>> 32));
      Matrix from = new Matrix(gpu.of(ones), steps * lanes.count(), units, units);
      Matrix to = new Matrix(gpu.room(elements), steps * lanes.count(), units, units);
      Dropout dropout = Dropout.of(gpu.device(), layer(0.5), keyAddress, lanes);
      dropout.apply(from, to, 0, 4);
      dropout.apply(from, to, 4, steps * lanes.count() - 4);
      float[] found = gpu.floats(to.address(), elements);
      for (int i = 0; i < elements; i++) {
        int row = i / units;
        int step = row / lanes.count();
        int lane = lanes.first() + row % lanes.count();
        long element = (long) (step * lanes.all() + lane) * units + i % units;
        assertThat(found[i])
            .as("element %d", i)
            .isEqualTo(DropoutMask.keep(key, element, 0.5) ? 2f : 0f);
      }
    }
  }

  private static Layer layer(double dropout) {
    return new Layer(CellType.LSTM, 257, dropout);
  }
}
