package trainer.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import trainer.checkpoint.ZipDirectory;
import trainer.checkpoint.ZipEntryStream;
import trainer.exchange.TensorPickle.Storage;
import trainer.exchange.TensorPickle.View;
import trainer.run.DamagedException;

/**
 * Reads the zip of {@code torch.save}: {@code data.pkl}, a pickle that names tensors, and {@code
 * data/<key>}, their numbers. Entries are not compressed, so that nothing is larger in memory than
 * in the file.
 */
final class TorchFile {
  private static final String PICKLE = "/data.pkl";
  private static final int MAXIMUM_PICKLE = 1 << 22;
  private static final List<String> STATE_DICTS =
      List.of("state_dict", "model_state_dict", "model");

  private final SeekableByteChannel file;
  private final Map<String, ZipDirectory.Entry> entries;
  private final String folder; // of the entries
  private String cached = ""; // key of the storage read last
  private double[] storage;

  private TorchFile(SeekableByteChannel file, Map<String, ZipDirectory.Entry> entries)
      throws IOException {
    this.file = file;
    this.entries = entries;
    List<String> pickles = entries.keySet().stream().filter(n -> n.endsWith(PICKLE)).toList();
    if (pickles.size() != 1) {
      throw new DamagedException(
          "it is a zip, but neither of torch.save (it has no data.pkl) nor of Deeplearning4j (no configuration.json and coefficients.bin)");
    }
    this.folder = pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
    if (entries.keySet().stream().anyMatch(name -> name.startsWith(folder + "/code/"))) {
      throw new DamagedException(
          "it is a TorchScript program: save its weights, with torch.save(model.state_dict(), FILE)");
    }
    if (entries.containsKey(folder + "/byteorder")
        && !new String(bytes("byteorder", 16), StandardCharsets.US_ASCII).equals("little")) {
      throw new DamagedException("its numbers are not little-endian");
    }
  }

  /** The tensors of a state dict by name, in its order. */
  static Map<String, Tensor> read(SeekableByteChannel file, Map<String, ZipDirectory.Entry> entries)
      throws IOException {
    TorchFile torch = new TorchFile(file, entries);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, View> view :
        stateDict(TensorPickle.read(torch.bytes("data.pkl", MAXIMUM_PICKLE))).entrySet()) {
      tensors.put(view.getKey(), torch.tensor(Names.of(view.getKey()), view.getValue()));
    }
    return tensors;
  }

  private static Map<String, View> stateDict(Object saved) throws DamagedException {
    Map<String, View> own = tensors(saved);
    if (!own.isEmpty()) {
      return own;
    }
    Map<String, Map<String, View>> inside = new LinkedHashMap<>();
    if (saved instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            if (!tensors(value).isEmpty()) {
              inside.put(String.valueOf(key), tensors(value));
            }
          });
    }
    if (inside.size() == 1) {
      return inside.values().iterator().next();
    }
    for (String name : STATE_DICTS) {
      if (inside.containsKey(name)) {
        return inside.get(name);
      }
    }
    throw new DamagedException(
        (inside.isEmpty()
                ? "it holds no state dict"
                : inside.keySet().stream()
                    .map(Names::of)
                    .collect(Collectors.joining(", ", "it holds several state dicts, ", "")))
            + ": save one, with torch.save(model.state_dict(), FILE)");
  }

  private static Map<String, View> tensors(Object value) {
    Map<String, View> tensors = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, tensor) -> {
            if (key instanceof String name && tensor instanceof View view) {
              tensors.put(name, view);
            }
          });
    }
    return tensors;
  }

  private Tensor tensor(String name, View view) throws DamagedException {
    Storage source = view.storage();
    int[] shape = Tensor.shape(name, source.numbers(), view.shape());
    long[] strides = view.strides();
    long most = Math.min(source.numbers(), Integer.MAX_VALUE);
    // Sums and products below fit into a long.
    if (strides.length != shape.length || view.offset() < 0 || view.offset() > most) {
      throw new DamagedException(name + " has a shape and strides that do not fit");
    }
    int count = Tensor.count(shape);
    long last = view.offset();
    for (int i = 0; i < shape.length && count > 0; i++) {
      if (strides[i] < 0 || strides[i] > most) {
        throw new DamagedException(name + " has a stride of " + strides[i]);
      }
      last += strides[i] * (shape[i] - 1);
      if (last >= most) {
        throw new DamagedException(
            String.format(
                Locale.ROOT,
                "%s ends after the %,d numbers of its storage",
                name,
                source.numbers()));
      }
    }
    return new Tensor(shape, () -> numbers(name, view, shape, count));
  }

  /** Row by row, whatever the order in the storage. */
  private double[] numbers(String name, View view, int[] shape, int count) throws IOException {
    double[] from = storage(name, view.storage());
    double[] numbers = new double[count];
    int[] at = new int[shape.length];
    for (int i = 0; i < count; i++) {
      long index = view.offset();
      for (int side = 0; side < at.length; side++) {
        index += at[side] * view.strides()[side];
      }
      numbers[i] = from[(int) index];
      for (int side = at.length - 1; side >= 0 && ++at[side] == shape[side]; side--) {
        at[side] = 0;
      }
    }
    return numbers;
  }

  private double[] storage(String name, Storage source) throws IOException {
    if (cached.equals(source.key())) {
      return storage;
    }
    NumberType type =
        NumberType.ofStorage(source.type())
            .orElseThrow(
                () ->
                    new DamagedException(
                        "%s has numbers of a %s, not of a DoubleStorage, FloatStorage, HalfStorage or BFloat16Storage"
                            .formatted(name, Names.of(source.type()))));
    ZipDirectory.Entry entry = entry("data/" + source.key());
    if (entry.bytes() / type.bytes() != source.numbers() || entry.bytes() % type.bytes() != 0) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "%s is in an entry of %,d bytes, which are not %,d numbers of %d bytes",
              name,
              entry.bytes(),
              source.numbers(),
              type.bytes()));
    }
    double[] numbers = new double[Math.toIntExact(source.numbers())];
    try (ZipEntryStream stream = new ZipEntryStream(file, entry)) {
      byte[] chunk = new byte[1 << 16];
      for (int read = 0; read < numbers.length; ) {
        int bytes = stream.readNBytes(chunk, 0, chunk.length);
        ByteBuffer buffer = ByteBuffer.wrap(chunk, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
          numbers[read++] = type.next(buffer);
        }
      }
      stream.verify(null);
    }
    cached = source.key();
    storage = numbers;
    return numbers;
  }

  private byte[] bytes(String name, int most) throws IOException {
    ZipDirectory.Entry entry = entry(name);
    if (entry.bytes() > most) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its entry %s has %,d bytes, more than the maximum of %,d",
              Names.of(name),
              entry.bytes(),
              most));
    }
    try (ZipEntryStream stream = new ZipEntryStream(file, entry)) {
      byte[] bytes = stream.readAllBytes();
      stream.verify(null);
      return bytes;
    }
  }

  private ZipDirectory.Entry entry(String name) throws DamagedException {
    ZipDirectory.Entry entry = entries.get(folder + "/" + name);
    if (entry == null) {
      throw new DamagedException("its entry %s is missing".formatted(Names.of(name)));
    }
    if (entry.deflated()) {
      throw new DamagedException(
          "its entry %s is compressed, as torch.save never does".formatted(Names.of(name)));
    }
    return entry;
  }
}
