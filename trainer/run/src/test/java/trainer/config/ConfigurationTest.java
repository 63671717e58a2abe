package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Layer.CellType;

/** The records refuse invalid values in programs too. */
class ConfigurationTest {

  @Test
  void valuesOutOfRangeAreNamed() {
    assertThatThrownBy(() -> new Layer(CellType.GRU, 0, 1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Layer: size: must be at least 1, not 0;"
                + " dropout: must be at least 0 and less than 1, not 1.5");
    assertThatThrownBy(() -> new Optimizer.Sgd(Double.NaN, 0.9))
        .hasMessage("Sgd: learning_rate: must be a finite number, not NaN");
  }

  @Test
  void missingValuesAreNamed() {
    assertThatThrownBy(() -> new Model(null, 1, null))
        .hasMessage("Model: layers: must be given; initializer: must be given");
    List<Layer> layers = new ArrayList<>();
    layers.add(null);
    assertThatThrownBy(() -> new Model(layers, 1, new Initializer.Xavier()))
        .hasMessage("Model: layers[0]: must be given");
  }

  @Test
  void keysThatNeedEachOtherAreNamed() {
    assertThatThrownBy(
            () ->
                new Data(
                    List.of("a", "b"),
                    "http://x",
                    null,
                    StandardCharsets.UTF_8,
                    null,
                    Normalization.NONE,
                    Newlines.LF,
                    null,
                    UnknownCharacters.ERROR,
                    Data.Shuffle.NONE,
                    List.of(0.9, 0.1, 0.0),
                    1))
        .hasMessage(
            "Data: url: needs 'sha256' too;"
                + " url: downloads one file, so corpus must be that file, not a list or glob");
  }

  @Test
  void listsAreCopied() {
    List<Layer> layers = new ArrayList<>(List.of(new Layer(CellType.GRU, 8, 0)));
    Model model = new Model(layers, 1, new Initializer.Xavier());
    layers.clear();

    assertThat(model.layers()).hasSize(1);
  }
}
