package trainer.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import trainer.cell.CellLayout;
import trainer.checkpoint.ArrayFormat;
import trainer.checkpoint.Numbers;
import trainer.checkpoint.ZipDirectory;
import trainer.checkpoint.ZipEntryStream;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;

/**
 * A model of Deeplearning4j, as {@code ModelSerializer} writes it: GravesLSTM, LSTM and SimpleRnn
 * layers, or this program's Gru, and an RnnOutputLayer. Its configuration is read as data: no class
 * that it names is loaded.
 */
final class Dl4jModel implements Weights {
  private static final String CONFIGURATION = "configuration.json";
  private static final String PARAMETERS = "coefficients.bin";
  private static final int MAXIMUM_CONFIGURATION = 1 << 24;
  private static final String LAYERS = "org.deeplearning4j.nn.conf.layers.";
  private static final String ACTIVATIONS = "org.nd4j.linalg.activations.impl.Activation";
  private static final String OUTPUT = LAYERS + "RnnOutputLayer";
  private static final Map<String, CellType> CELLS =
      Map.of(
          LAYERS + "GravesLSTM",
          CellType.GRAVES_LSTM,
          LAYERS + "LSTM",
          CellType.LSTM,
          LAYERS + "recurrent.SimpleRnn",
          CellType.SIMPLE_RNN,
          "trainer.layer.Gru",
          CellType.GRU);

  private final SeekableByteChannel file;
  private final ZipDirectory.Entry parameters;
  private final List<Layer> layers;
  private final int vocabulary;

  private Dl4jModel(
      SeekableByteChannel file, ZipDirectory.Entry parameters, List<Layer> layers, int vocabulary) {
    this.file = file;
    this.parameters = parameters;
    this.layers = layers;
    this.vocabulary = vocabulary;
  }

  /** Whether a zip has the entries of a model. */
  static boolean is(Map<String, ZipDirectory.Entry> entries) {
    return entries.containsKey(CONFIGURATION) && entries.containsKey(PARAMETERS);
  }

  /**
   * Reads the configuration.
   *
   * @throws DamagedException if it is another kind of network
   */
  static Dl4jModel of(SeekableByteChannel file, Map<String, ZipDirectory.Entry> entries)
      throws IOException {
    JsonNode parts =
        RunFileJson.parse(configuration(file, entries.get(CONFIGURATION)), CONFIGURATION)
            .path("confs");
    List<Layer> layers = new ArrayList<>();
    int inputs = 0; // of the next layer
    int vocabulary = 0;
    for (int i = 0; i < parts.size(); i++) {
      JsonNode layer = parts.get(i).path("layer");
      int size = size(layer, i, "nout");
      vocabulary = i == 0 ? size(layer, i, "nin") : vocabulary;
      if (i > 0 && size(layer, i, "nin") != inputs) {
        throw wrong(i, "does not have the %d inputs of the layer below".formatted(inputs));
      }
      if (i == parts.size() - 1) {
        checkOutput(layer, i, vocabulary);
      } else {
        layers.add(new Layer(cell(layer, i), size, 0));
      }
      inputs = size;
    }
    if (layers.isEmpty()) {
      throw new DamagedException("it has no recurrent layers");
    }
    return new Dl4jModel(file, entries.get(PARAMETERS), layers, vocabulary);
  }

  private static String configuration(SeekableByteChannel file, ZipDirectory.Entry entry)
      throws IOException {
    if (entry.bytes() > MAXIMUM_CONFIGURATION) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its %s has %,d bytes, more than the maximum of %,d",
              CONFIGURATION,
              entry.bytes(),
              MAXIMUM_CONFIGURATION));
    }
    try (ZipEntryStream stream = new ZipEntryStream(file, entry)) {
      byte[] bytes = stream.readAllBytes();
      stream.verify(null);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private static CellType cell(JsonNode layer, int index) throws DamagedException {
    String name = layer.path("@class").asText();
    CellType type = CELLS.get(name);
    if (type == null) {
      throw wrong(
          index,
          "is %s, not a GravesLSTM, LSTM or SimpleRnn of Deeplearning4j 1.0.0"
              .formatted(Names.of(name)));
    }
    check(layer, index, "activationFn", "TanH");
    if (type == CellType.LSTM || type == CellType.GRAVES_LSTM) {
      check(layer, index, "gateActivationFn", "Sigmoid");
    }
    if (layer.path("hasLayerNorm").asBoolean()) {
      throw wrong(index, "has layer normalization, which this program's cells lack");
    }
    return type;
  }

  private static void checkOutput(JsonNode layer, int index, int vocabulary)
      throws DamagedException {
    String name = layer.path("@class").asText();
    if (!name.equals(OUTPUT) || !layer.path("hasBias").asBoolean(true)) {
      throw wrong(index, "is %s, not an RnnOutputLayer with bias".formatted(Names.of(name)));
    }
    check(layer, index, "activationFn", "Softmax");
    if (layer.path("nout").asInt() != vocabulary) {
      throw wrong(
          index,
          "has %s outputs, and the network %d inputs: a character network has one of each for every character"
              .formatted(layer.path("nout"), vocabulary));
    }
  }

  private static void check(JsonNode layer, int index, String key, String activation)
      throws DamagedException {
    String name = layer.path(key).path("@class").asText();
    if (!name.equals(ACTIVATIONS + activation)) {
      throw wrong(
          index, "has the %s %s, not %s".formatted(key, Names.of(name), ACTIVATIONS + activation));
    }
  }

  private static int size(JsonNode layer, int index, String key) throws DamagedException {
    JsonNode size = layer.path(key);
    if (!size.canConvertToInt() || !size.isIntegralNumber() || size.intValue() < 1) {
      throw wrong(index, "has no valid '%s'".formatted(key));
    }
    return size.intValue();
  }

  private static DamagedException wrong(int index, String what) {
    return new DamagedException("its layer %d %s".formatted(index, what));
  }

  @Override
  public List<Layer> layers() {
    return layers;
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public Numbers parameters() throws IOException {
    Numbers numbers;
    try (ZipEntryStream stream = new ZipEntryStream(file, parameters)) {
      numbers = ArrayFormat.read(stream, PARAMETERS, count());
      stream.verify(null);
    } catch (EOFException | UTFDataFormatException e) {
      throw new DamagedException("its entry " + PARAMETERS + " is damaged");
    }
    for (int i = 0; i < numbers.length(); i++) {
      if (!Float.isFinite((float) numbers.at(i))) {
        throw new DamagedException(
            String.format(Locale.ROOT, "its parameter %,d is %s", i, numbers.at(i)));
      }
    }
    return numbers;
  }

  private long count() throws DamagedException {
    try {
      long inputs = vocabulary;
      long count = 0;
      for (Layer layer : layers) {
        long own = CellLayout.of(layer.type()).parameters(inputs, layer.size());
        count = Math.addExact(count, own);
        inputs = layer.size();
      }
      return Math.addExact(count, Math.multiplyExact(inputs + 1, vocabulary));
    } catch (ArithmeticException e) {
      throw new DamagedException("its layers have more parameters than any machine");
    }
  }
}
