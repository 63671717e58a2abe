package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.cuda.Matrix;
import trainer.engine.DropoutMask;

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
      Dropout dropout = Dropout.of(gpu.device(), layer(probability), keyAddress);
      Matrix input = new Matrix(from, 51, 257, 257);
      Matrix output = new Matrix(to, 51, 257, 257);
      dropout.apply(input, output, 0, 20);
      dropout.apply(input, output, 20, 31);
      float scale = (float) (1 / (1 - probability));
      float[] found = gpu.floats(to, elements);
      for (int i = 0; i < elements; i++) {
        float expected = DropoutMask.keep(key, i, probability) ? scale * values[i] : 0f;
        assertThat(found[i]).as("element %d", i).isEqualTo(expected);
      }
    }
  }

  private static Layer layer(double dropout) {
    return new Layer(CellType.LSTM, 257, dropout);
  }
}
