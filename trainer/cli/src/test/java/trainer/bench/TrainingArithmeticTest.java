package trainer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;

final class TrainingArithmeticTest {
  private static Model model(Layer... layers) {
    return new Model(List.of(layers), 1, new Initializer.Xavier());
  }

  @ParameterizedTest
  @CsvSource({"LSTM, 4", "GRAVES_LSTM, 4", "GRU, 3", "SIMPLE_RNN, 1"})
  void countsTheProductsOfForwardAndBackward(CellType cell, int gates) {
    Model model = model(new Layer(cell, 100, 0), new Layer(cell, 200, 0.5));
    long forwardPerCharacter =
        2L * gates * (100 * 100) // first layer: its one-hot input is looked up
            + 2L * gates * (200 * 100 + 200 * 200)
            + 2L * 200 * 65;

    assertThat(new TrainingArithmetic(model, 65, 32, 50).operations())
        .isEqualTo(3.0 * forwardPerCharacter * 32 * 50);
  }

  @Test
  void doesNotOverflow() {
    Model model = model(new Layer(CellType.LSTM, 100_000, 0));

    assertThat(new TrainingArithmetic(model, 100_000, 1000, 1000).operations())
        .isEqualTo(6e6 * (4e10 + 1e10));
  }
}
