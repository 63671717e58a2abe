package trainer.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import trainer.Configurations;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.text.Segment;

/**
 * Losses, gradients, carried states and training steps of a small network of one cell, in float64,
 * by reverse-mode automatic differentiation. Every engine must reproduce them.
 */
public record CellFixture(CellType cell, JsonNode file) {

  /** The fixture of a cell. */
  public static CellFixture of(CellType cell) {
    try (InputStream in = CellFixture.class.getResourceAsStream("/trainer/cell-fixtures.json")) {
      return new CellFixture(cell, new ObjectMapper().readTree(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode fixture() {
    return file.get("cases").get(cell.name().toLowerCase(Locale.ROOT));
  }

  /** Number of characters in the vocabulary. */
  public int vocabulary() {
    return file.get("vocabulary").asInt();
  }

  /** The network and its training, as a configuration. */
  public Configuration configuration() {
    int size = file.get("hidden").asInt();
    List<Layer> layers = List.of(new Layer(cell, size, 0), new Layer(cell, size, 0));
    JsonNode training = fixture().get("training");
    return Configurations.of(
        layers,
        file.get("batch").asInt(),
        file.get("sequence_length").asInt(),
        new Optimizer.Adam(training.get("learning_rate").asDouble(), 0.9, 0.999, 1e-8),
        new GradientClipping.Norm(training.get("clip_norm").asDouble()));
  }

  /** The network with its parameters. */
  public CharacterNetwork network(DataType type, Function<CharacterNetwork, Engine> engine) {
    CharacterNetwork network = new CharacterNetwork(configuration(), vocabulary(), type, engine);
    NamedParameters.of(network)
        .forEach(
            (name, array) ->
                array.assign(
                    Nd4j.createFromArray(numbers(parameters().get(name)))
                        .castTo(type)
                        .reshape('c', array.shape())));
    network.engine().reload();
    return network;
  }

  /** The parameters by name. */
  public JsonNode parameters() {
    return fixture().get("parameters");
  }

  /** Results of the three segments: loss, gradients, final_state. */
  public JsonNode segments() {
    return fixture().get("segments");
  }

  /** Results of training: losses, gradient_norms_before_clipping, final_parameters. */
  public JsonNode training() {
    return fixture().get("training");
  }

  /** A segment of the text. */
  public Segment segment(int index) {
    int lanes = file.get("batch").asInt();
    int length = file.get("sequence_length").asInt();
    Segment segment = new Segment(length, lanes);
    for (int t = 0; t < length; t++) {
      for (int b = 0; b < lanes; b++) {
        JsonNode lane = fixture().get("text").get(b);
        segment.inputs()[t * lanes + b] = lane.get(index * length + t).asInt();
        segment.targets()[t * lanes + b] = lane.get(index * length + t + 1).asInt();
      }
    }
    return segment;
  }

  /** The numbers of a nested array in reading order. */
  public static double[] numbers(JsonNode node) {
    return node.isArray()
        ? StreamSupport.stream(node.spliterator(), false)
            .flatMapToDouble(element -> Arrays.stream(numbers(element)))
            .toArray()
        : new double[] {node.asDouble()};
  }
}
