package trainer.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files as {@code torch.save} writes them, and those that it never would. */
final class PickleFixture {
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
  private final Map<String, byte[]> storages = new LinkedHashMap<>();

  PickleFixture() {
    write(0x80, 2).name("collections", "OrderedDict").write(')', 'R');
  }

  PickleFixture write(int... codes) {
    for (int code : codes) {
      pickle.write(code);
    }
    return this;
  }

  PickleFixture name(String module, String member) {
    pickle.writeBytes(("c" + module + "\n" + member + "\n").getBytes(StandardCharsets.UTF_8));
    return this;
  }

  PickleFixture text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write('X').integer(bytes.length);
    pickle.writeBytes(bytes);
    return this;
  }

  PickleFixture number(int value) {
    return write('J').integer(value);
  }

  private PickleFixture integer(int value) {
    pickle.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    return this;
  }

  PickleFixture storage(String type, int numbers, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    String key = String.valueOf(storages.size());
    storages.put(key, bytes.array());
    return write('(')
        .text("storage")
        .name("torch", type)
        .text(key)
        .text("cpu")
        .number(numbers)
        .write('t', 'Q');
  }

  /** The arguments after the storage, and the call. */
  PickleFixture view(int offset, int[] shape, int[] strides) {
    number(offset);
    tuple(shape);
    tuple(strides);
    return write(0x89).name("collections", "OrderedDict").write(')', 'R', 't', 'R');
  }

  private void tuple(int... values) {
    write('(');
    for (int value : values) {
      number(value);
    }
    write('t');
  }

  /** A whole tensor, row by row, under a name of the dictionary. */
  PickleFixture tensor(String name, int[] shape, float... values) {
    int[] strides = new int[shape.length];
    int stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return text(name)
        .name("torch._utils", "_rebuild_tensor_v2")
        .write('(')
        .storage("FloatStorage", values.length, values)
        .view(0, shape, strides)
        .write('s');
  }

  byte[] pickle() {
    return write('.').pickle.toByteArray();
  }

  void zip(Path file) throws IOException {
    zip(file, pickle(), ZipEntry.STORED);
  }

  void zip(Path file, byte[] data, int method) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", data);
    entries.put("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    storages.forEach((key, bytes) -> entries.put("data/" + key, bytes));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> content : entries.entrySet()) {
        ZipEntry entry = new ZipEntry("model/" + content.getKey());
        entry.setMethod(method);
        CRC32 crc = new CRC32();
        crc.update(content.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(content.getValue().length);
        zip.putNextEntry(entry);
        zip.write(content.getValue());
      }
    }
  }

  /** A simple RNN of two units on three characters, the weights counting from {@code first}. */
  static PickleFixture network(float first) {
    return new PickleFixture()
        .tensor("rnn.weight_ih_l0", new int[] {2, 3}, count(6, first))
        .tensor("rnn.weight_hh_l0", new int[] {2, 2}, count(4, first + 6))
        .tensor("rnn.bias_ih_l0", new int[] {2}, count(2, first + 10))
        .tensor("rnn.bias_hh_l0", new int[] {2}, count(2, first + 12))
        .tensor("out.weight", new int[] {3, 2}, count(6, first + 14))
        .tensor("out.bias", new int[] {3}, count(3, first + 20));
  }

  static float[] count(int numbers, float first) {
    float[] values = new float[numbers];
    for (int i = 0; i < numbers; i++) {
      values[i] = first + i;
    }
    return values;
  }
}
