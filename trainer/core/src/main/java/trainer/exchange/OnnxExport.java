package trainer.exchange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;
import trainer.checkpoint.Numbers;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.file.AtomicFile;
import trainer.file.ShellWord;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.run.Build;
import trainer.run.RunException;

/**
 * A network as an ONNX model of operators {@code LSTM}, {@code GRU} and {@code RNN}. B texts of T
 * characters are read at once; both are free.
 *
 * <pre>
 * in   characters [B, T] int64        out  logits [B, T, V]
 *      hidden_0 [1, B, H], …               next_hidden_0 [1, B, H], …
 *      memory_0 [1, B, H] of an LSTM       next_memory_0 [1, B, H]
 * </pre>
 */
public final class OnnxExport {
  /** The version of the operators. */
  public static final int OPSET = 14;

  private static final int FORMAT = 7; // of files with such operators
  private static final long MAXIMUM_BYTES = (1L << 31) - (1 << 24); // of protobuf, less the texts
  private static final String LANES = "B";
  private static final String STEPS = "T";
  private static final List<String> PEEPHOLES = List.of("input", "output", "forget");

  private final Map<String, INDArray> parameters;
  private final List<Layer> layers;
  private final int vocabulary;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("character_rnn");
  private final List<ValueInfoProto> states = new ArrayList<>(); // outputs, after the logits

  private OnnxExport(CharacterNetwork network) {
    parameters = NamedParameters.of(network);
    layers = network.model().layers();
    vocabulary = network.vocabularySize();
  }

  /**
   * Writes the file, in float32.
   *
   * @param texts config.yml and vocabulary.json, by name
   * @throws RunException if the file cannot be written, or the network is larger than ONNX allows
   */
  public static void write(CharacterNetwork network, Map<String, String> texts, Path file) {
    if (network.numParams() * Float.BYTES > MAXIMUM_BYTES) {
      throw new RunException(
          String.format(
              Locale.ROOT,
              "%s: not written: the network has %,d parameters, and an ONNX file holds at most 2 GiB: use --format safetensors",
              ShellWord.shown(file),
              network.numParams()));
    }
    ModelProto model = new OnnxExport(network).model(texts);
    AtomicFile.write(file, model::writeTo);
  }

  private ModelProto model(Map<String, String> texts) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(FORMAT)
            .setProducerName("trainer")
            .setProducerVersion(Build.ofThisProgram().version())
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));
    texts.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            text ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder()
                        .setKey(text.getKey())
                        .setValue(text.getValue())));
    return model.setGraph(graph()).build();
  }

  private GraphProto graph() {
    graph.addInput(value("characters", TensorProto.DataType.INT64, LANES, STEPS));
    node("Transpose", List.of("characters"), List.of("steps"), integers("perm", 1, 0));
    constant("vocabulary_size", List.of(), vocabulary);
    graph.addInitializer(floats("off_on", List.of(2L), Numbers.of(0f, 1f)));
    node("OneHot", List.of("steps", "vocabulary_size", "off_on"), List.of("layer0.input"));
    constant("direction", List.of(1L), 1);
    for (int i = 0; i < layers.size(); i++) {
      layer(i, layers.get(i).type());
    }
    weights("output.weights", parameters.get("output.weights"));
    weights("output.bias", parameters.get("output.bias").reshape(vocabulary));
    String top = "layer%d.input".formatted(layers.size());
    node("MatMul", List.of(top, "output.weights"), List.of("output.product"));
    node("Add", List.of("output.product", "output.bias"), List.of("output.sum"));
    node("Transpose", List.of("output.sum"), List.of("logits"), integers("perm", 1, 0, 2));
    return graph
        .addOutput(value("logits", TensorProto.DataType.FLOAT, LANES, STEPS, vocabulary))
        .addAllOutput(states)
        .build();
  }

  /** Reads {@code layer<i>.input} [T, B, in], and writes that of the next layer, [T, B, H]. */
  private void layer(int i, CellType type) {
    StackedLayer layer = new StackedLayer(parameters, "layer" + i, StackedLayer.gatesOfOnnx(type));
    String name = layer.layer();
    int size = layer.size();
    weights(name + ".W", layer.inputWeights().reshape(1, -1, layer.inputWeights().size(1)));
    weights(name + ".R", layer.recurrentWeights().reshape(1, -1, size));
    INDArray bias = layer.bias();
    weights(name + ".B", Nd4j.concat(0, bias, layer.recurrentBias()).reshape(1, -1));
    List<String> inputs = new ArrayList<>(List.of(name + ".input", name + ".W", name + ".R"));
    inputs.addAll(List.of(name + ".B", "", state("hidden_" + i, size)));
    List<String> outputs = new ArrayList<>(List.of(name + ".output", "next_hidden_" + i));
    List<AttributeProto> attributes = new ArrayList<>(List.of(integer("hidden_size", size)));
    String operator =
        switch (type) {
          case LSTM, GRAVES_LSTM -> {
            inputs.add(state("memory_" + i, size));
            outputs.add("next_memory_" + i);
            yield "LSTM";
          }
          case GRU -> {
            attributes.add(integer("linear_before_reset", 1)); // as PyTorch's
            yield "GRU";
          }
          case SIMPLE_RNN -> "RNN";
        };
    if (layer.hasPeepholes()) {
      weights(name + ".P", layer.peepholes(PEEPHOLES).reshape(1, -1));
      inputs.add(name + ".P");
    }
    node(operator, inputs, outputs, attributes.toArray(AttributeProto[]::new));
    // [T, directions, B, H]
    String next = "layer%d.input".formatted(i + 1);
    node("Squeeze", List.of(name + ".output", "direction"), List.of(next));
  }

  /** Declares an input and the output after it. */
  private String state(String name, int size) {
    graph.addInput(value(name, TensorProto.DataType.FLOAT, 1, LANES, size));
    states.add(value("next_" + name, TensorProto.DataType.FLOAT, 1, LANES, size));
    return name;
  }

  private void node(
      String operator, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(outputs.get(0) + "/" + operator)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(List.of(attributes)));
  }

  private void constant(String name, List<Long> shape, long value) {
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addAllDims(shape)
            .addInt64Data(value));
  }

  private void weights(String name, INDArray array) {
    List<Long> shape = new ArrayList<>();
    for (long length : array.shape()) {
      shape.add(length);
    }
    graph.addInitializer(floats(name, shape, Numbers.of(array)));
  }

  private static TensorProto floats(String name, List<Long> shape, Numbers numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < numbers.length(); i++) {
      bytes.putFloat((float) numbers.at(i));
    }
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.FLOAT_VALUE)
        .addAllDims(shape)
        .setRawData(ByteString.copyFrom(bytes.flip()))
        .build();
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  /**
   * @param shape lengths, or names of lengths that are free
   */
  private static ValueInfoProto value(String name, TensorProto.DataType type, Object... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    for (Object length : shape) {
      TensorShapeProto.Dimension.Builder dimension = dimensions.addDimBuilder();
      if (length instanceof Integer fixed) {
        dimension.setDimValue(fixed);
      } else {
        dimension.setDimParam((String) length);
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(dimensions)))
        .build();
  }
}
