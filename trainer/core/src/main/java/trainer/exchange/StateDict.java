package trainer.exchange;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import trainer.cell.CellLayout;
import trainer.checkpoint.Numbers;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.run.DamagedException;

/**
 * The weights of a character network in PyTorch: {@code nn.LSTM}, {@code nn.GRU} or {@code nn.RNN},
 * one module of several layers or several in a list, between characters, one-hot or embedded, and a
 * linear output. Modules may have any name.
 *
 * <pre>
 * PyTorch                               here
 * weight_ih [gates·H, in]               W = weight_ihᵀ, with an embedding E [V, in]: E weight_ihᵀ
 * weight_hh [gates·H, H]                R = weight_hhᵀ
 * bias_ih, bias_hh [gates·H]            b = bias_ih + bias_hh; a GRU's candidate keeps them apart
 * weight [V, H], bias [V]               the same
 * </pre>
 */
final class StateDict implements Weights {
  private static final Pattern INPUT_WEIGHTS = Pattern.compile("(.*?)weight_ih_l(\\d{1,4})");
  private static final Pattern NUMBERED = Pattern.compile("(.*?)(\\d{1,9})(\\D*)");
  private static final String WEIGHT = "weight";
  private static final String BIAS = "bias";

  private final Map<String, Tensor> tensors;
  private final Set<String> used = new LinkedHashSet<>();
  private final List<Rnn> rnns = new ArrayList<>();
  private Tensor embedding; // [V, E]; null: one-hot
  private Tensor output; // [V, H]
  private Tensor outputBias; // [V], or null

  /**
   * One recurrent layer: the names of its tensors are {@code prefix}, a kind and {@code suffix}.
   */
  private record Rnn(String prefix, String suffix, Layer layer, int inputs) {
    String name(String kind) {
      return prefix + kind + suffix;
    }
  }

  private StateDict(Map<String, Tensor> tensors) {
    this.tensors = tensors;
  }

  /**
   * Finds the parts of the network.
   *
   * @param bytes size of the file
   * @throws DamagedException if it is another kind of network
   */
  static StateDict of(Map<String, Tensor> tensors, long bytes) throws DamagedException {
    // Tensors may share numbers, but only once, as an embedding and an output do.
    long numbers = tensors.values().stream().mapToLong(Tensor::count).sum();
    if (numbers > bytes) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its tensors have %,d numbers, more than its %,d bytes can hold",
              numbers,
              bytes));
    }
    StateDict found = new StateDict(tensors);
    found.findRecurrentLayers();
    found.findInputAndOutput();
    for (String name : tensors.keySet()) {
      if (!found.used.contains(name)) {
        throw new DamagedException(
            "%s belongs to no character network of recurrent layers and a linear output"
                .formatted(Names.of(name)));
      }
    }
    return found;
  }

  @Override
  public List<Layer> layers() {
    return rnns.stream().map(Rnn::layer).toList();
  }

  @Override
  public int vocabulary() {
    return output.shape()[0];
  }

  private void findRecurrentLayers() throws DamagedException {
    Map<String, Integer> modules = new LinkedHashMap<>(); // prefix: number of layers
    for (String name : tensors.keySet()) {
      Matcher weights = INPUT_WEIGHTS.matcher(name);
      if (weights.matches()) {
        modules.merge(weights.group(1), 1 + Integer.parseInt(weights.group(2)), Math::max);
      }
    }
    if (modules.isEmpty()) {
      throw new DamagedException(
          "no tensor is named weight_ih_l0, as in a state dict of nn.LSTM, nn.GRU or nn.RNN");
    }
    for (String prefix : inOrder(modules.keySet())) {
      for (int layer = 0; layer < modules.get(prefix); layer++) {
        rnns.add(layer(prefix, "_l" + layer));
      }
    }
  }

  /** By their numbers, as in {@code layers.0.} and {@code layers.1.}. */
  private static List<String> inOrder(Set<String> prefixes) throws DamagedException {
    if (prefixes.size() == 1) {
      return List.copyOf(prefixes);
    }
    Set<String> patterns =
        prefixes.stream()
            .map(
                prefix -> {
                  Matcher number = NUMBERED.matcher(prefix);
                  return number.matches() ? number.group(1) + "#" + number.group(3) : prefix;
                })
            .collect(Collectors.toSet());
    if (patterns.size() > 1) {
      throw new DamagedException(
          "it does not tell which comes first: %s: name them with numbers, as nn.ModuleList does"
              .formatted(prefixes.stream().map(Names::of).collect(Collectors.joining(", "))));
    }
    return prefixes.stream().sorted(Comparator.comparingInt(StateDict::number)).toList();
  }

  private static int number(String prefix) {
    Matcher number = NUMBERED.matcher(prefix);
    return number.matches() ? Integer.parseInt(number.group(2)) : 0;
  }

  private Rnn layer(String prefix, String suffix) throws DamagedException {
    for (String kind : List.of("weight_hr", "weight_ih%s_reverse", "weight_hh%s_reverse")) {
      String name = prefix + (kind.contains("%") ? kind.formatted(suffix) : kind + suffix);
      if (tensors.containsKey(name)) {
        throw new DamagedException(
            "it has %s: a bidirectional layer or one with proj_size cannot be imported"
                .formatted(Names.of(name)));
      }
    }
    Tensor recurrent = take(prefix + "weight_hh" + suffix);
    Tensor input = take(prefix + "weight_ih" + suffix);
    int size = recurrent.shape().length == 2 ? recurrent.shape()[1] : 0;
    int rows = size == 0 ? 0 : recurrent.shape()[0];
    boolean peepholes = tensors.containsKey(prefix + "peepholes" + suffix);
    CellType type = size == 0 || rows % size != 0 ? null : cell(rows / size, peepholes);
    if (type == null || input.shape().length != 2 || input.shape()[1] == 0) {
      throw new DamagedException(
          "%s has the shape %s, and %s %s, not those of nn.LSTM, nn.GRU or nn.RNN"
              .formatted(
                  Names.of(prefix + "weight_ih" + suffix),
                  input.described(),
                  Names.of(prefix + "weight_hh" + suffix),
                  recurrent.described()));
    }
    Rnn rnn = new Rnn(prefix, suffix, new Layer(type, size, 0), input.shape()[1]);
    expect(rnn.name("weight_ih"), input, rows, rnn.inputs());
    for (String bias : List.of("bias_ih", "bias_hh")) {
      if (tensors.containsKey(rnn.name(bias))) {
        expect(rnn.name(bias), take(rnn.name(bias)), rows);
      }
    }
    if (peepholes) {
      int gates = PyTorchExport.PEEPHOLES.size();
      expect(rnn.name("peepholes"), take(rnn.name("peepholes")), gates, size);
    }
    if (!rnns.isEmpty()) {
      int below = rnns.get(rnns.size() - 1).layer().size();
      expect(rnn.name("weight_ih"), input, rows, below);
    }
    return rnn;
  }

  private static CellType cell(int gates, boolean peepholes) {
    return switch (gates) {
      case 1 -> CellType.SIMPLE_RNN;
      case 3 -> CellType.GRU;
      case 4 -> peepholes ? CellType.GRAVES_LSTM : CellType.LSTM;
      default -> null;
    };
  }

  /** A matrix with a bias is the output; of two without, the embedding cannot be told. */
  private void findInputAndOutput() throws DamagedException {
    List<String> matrices =
        tensors.keySet().stream()
            .filter(name -> !used.contains(name) && name.endsWith(WEIGHT))
            .filter(name -> tensors.get(name).shape().length == 2)
            .toList();
    List<String> linear =
        matrices.stream().filter(name -> tensors.containsKey(biasOf(name))).toList();
    List<String> outputs = linear.isEmpty() ? matrices : linear;
    if (outputs.size() != 1) {
      throw new DamagedException(
          outputs.isEmpty()
              ? "it has no linear output: no other matrix is named weight"
              : "one of %s is the output, and it does not tell which: give the linear output, and only it, a bias"
                  .formatted(outputs.stream().map(Names::of).collect(Collectors.joining(", "))));
    }
    String name = outputs.get(0);
    output = take(name);
    expect(name, output, output.shape()[0], rnns.get(rnns.size() - 1).layer().size());
    if (tensors.containsKey(biasOf(name))) {
      outputBias = take(biasOf(name));
      expect(biasOf(name), outputBias, vocabulary());
    }
    List<String> others = matrices.stream().filter(other -> !other.equals(name)).toList();
    Rnn lowest = rnns.get(0);
    if (others.isEmpty()) {
      String input = lowest.name("weight_ih");
      expect(input, tensors.get(input), tensors.get(input).shape()[0], vocabulary());
    } else {
      embedding = take(others.get(0));
      expect(others.get(0), embedding, vocabulary(), lowest.inputs());
    }
  }

  private static String biasOf(String weight) {
    return weight.substring(0, weight.length() - WEIGHT.length()) + BIAS;
  }

  private Tensor take(String name) throws DamagedException {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new DamagedException("it has no %s".formatted(Names.of(name)));
    }
    used.add(name);
    return tensor;
  }

  private static void expect(String name, Tensor tensor, int... shape) throws DamagedException {
    if (!tensor.is(shape)) {
      throw new DamagedException(
          "%s has the shape %s, and should have %s"
              .formatted(Names.of(name), tensor.described(), Arrays.toString(shape)));
    }
  }

  /** In the order of {@link CellLayout}, whose matrices lie column by column. */
  @Override
  public Numbers parameters() throws IOException {
    long count = (long) output.count() + vocabulary();
    for (int i = 0; i < rnns.size(); i++) {
      Rnn rnn = rnns.get(i);
      int inputs = i == 0 ? vocabulary() : rnn.inputs();
      count += CellLayout.of(rnn.layer().type()).parameters(inputs, rnn.layer().size());
    }
    if (count > Integer.MAX_VALUE - 8) {
      throw new DamagedException(String.format(Locale.ROOT, "it has %,d parameters", count));
    }
    Vector vector = new Vector((int) count);
    for (int i = 0; i < rnns.size(); i++) {
      put(rnns.get(i), i == 0 ? embedding : null, vector);
    }
    vector.put("the output's weight", output.numbers(), 0, output.count());
    double[] bias = outputBias == null ? new double[vocabulary()] : outputBias.numbers();
    vector.put("the output's bias", bias, 0, bias.length);
    return Numbers.of(vector.numbers);
  }

  private void put(Rnn rnn, Tensor embedded, Vector vector) throws IOException {
    CellLayout cell = CellLayout.of(rnn.layer().type());
    int size = rnn.layer().size();
    List<String> order = StackedLayer.gatesOfPyTorch(rnn.layer().type());
    double[] input = tensors.get(rnn.name("weight_ih")).numbers();
    int inputs = rnn.inputs();
    if (embedded != null) {
      input = product(input, embedded.numbers(), inputs);
      inputs = vocabulary();
    }
    double[] recurrent = tensors.get(rnn.name("weight_hh")).numbers();
    double[] inputBias = bias(rnn, "bias_ih", cell.gates().size() * size);
    double[] recurrentBias = bias(rnn, "bias_hh", cell.gates().size() * size);
    for (String gate : cell.gates()) {
      int row = order.indexOf(gate) * size;
      vector.put(rnn.name("weight_ih"), input, row * inputs, size * inputs);
    }
    for (String gate : cell.gates()) {
      int row = order.indexOf(gate) * size;
      vector.put(rnn.name("weight_hh"), recurrent, row * size, size * size);
    }
    if (!cell.peepholes().isEmpty()) {
      double[] peepholes = tensors.get(rnn.name("peepholes")).numbers();
      for (String gate : cell.peepholes()) {
        vector.put(
            rnn.name("peepholes"), peepholes, PyTorchExport.PEEPHOLES.indexOf(gate) * size, size);
      }
    }
    int candidate = (cell.gates().size() - 1) * size; // of a GRU, in both orders
    for (int i = 0; i < (cell.hasRecurrentBias() ? candidate : inputBias.length); i++) {
      inputBias[i] += recurrentBias[i];
    }
    for (String gate : cell.gates()) {
      vector.put(rnn.name("bias"), inputBias, order.indexOf(gate) * size, size);
    }
    if (cell.hasRecurrentBias()) {
      vector.put(rnn.name("bias_hh"), recurrentBias, candidate, size);
    }
  }

  /** Zero where the module was made with bias=False. */
  private double[] bias(Rnn rnn, String kind, int count) throws IOException {
    Tensor bias = tensors.get(rnn.name(kind));
    return bias == null ? new double[count] : bias.numbers();
  }

  /**
   * weight Eᵀ: what a gate makes of each character.
   *
   * @param weight [rows, E]
   * @param embedding [V, E]
   * @return [rows, V]
   */
  private static double[] product(double[] weight, double[] embedding, int width) {
    int rows = weight.length / width;
    int characters = embedding.length / width;
    double[] product = new double[Math.multiplyExact(rows, characters)];
    for (int row = 0; row < rows; row++) {
      for (int character = 0; character < characters; character++) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
          sum += weight[row * width + i] * embedding[character * width + i];
        }
        product[row * characters + character] = sum;
      }
    }
    return product;
  }

  private static final class Vector {
    private final float[] numbers;
    private int at;

    Vector(int count) {
      numbers = new float[count];
    }

    void put(String name, double[] from, int start, int count) throws DamagedException {
      for (int i = start; i < start + count; i++) {
        numbers[at] = (float) from[i];
        if (!Float.isFinite(numbers[at])) {
          throw new DamagedException("%s has the number %s".formatted(Names.of(name), from[i]));
        }
        at++;
      }
    }
  }
}
