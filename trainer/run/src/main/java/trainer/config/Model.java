package trainer.config;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Rules;

/** The network between one-hot input and softmax. */
public record Model(
    @Describe("the recurrent layers, first to last") @Default("[{type: graves_lstm, size: 256}]")
        List<Layer> layers,
    @Describe("initial bias of the forget gates, for cells that have them") @Default("1.0")
        double forgetGateBias,
    @Describe("distribution of initial weights; other biases start at 0") @Default("{type: xavier}")
        Initializer initializer) {

  public Model {
    Rules.of(Model.class, layers, forgetGateBias, initializer).check();
    layers = List.copyOf(layers);
  }

  /** Describes the layers, such as {@code graves_lstm 256 + gru 128}. */
  public String describe() {
    return layers.stream()
        .map(layer -> layer.type().name().toLowerCase(Locale.ROOT) + " " + layer.size())
        .collect(Collectors.joining(" + "));
  }
}
