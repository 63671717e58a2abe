package trainer.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;

/** Reads the header of a safetensors file, which is checked against the size of the file. */
final class SafetensorsFile {
  private static final int MAXIMUM_HEADER = 1 << 24;

  private SafetensorsFile() {}

  /** Whether a file begins like one: the length of its header, which is JSON. */
  static boolean is(SeekableByteChannel file) throws IOException {
    if (file.size() <= Long.BYTES) {
      return false;
    }
    ByteBuffer start = bytes(file, 0, Long.BYTES + 1);
    return start.get(Long.BYTES) == '{';
  }

  /** The tensors by name. */
  static Map<String, Tensor> read(SeekableByteChannel file) throws IOException {
    long length = bytes(file, 0, Long.BYTES).getLong();
    if (length < 0 || length > Math.min(MAXIMUM_HEADER, file.size() - Long.BYTES)) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its header would have %,d bytes, and the file has %,d; a header has at most %,d",
              length,
              file.size(),
              MAXIMUM_HEADER));
    }
    String json =
        StandardCharsets.UTF_8.decode(bytes(file, Long.BYTES, (int) length)).toString().strip();
    ObjectNode header = RunFileJson.parse(json, "its header");
    long start = Long.BYTES + length;
    long size = file.size() - start;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        tensors.put(
            entry.getKey(), tensor(file, start, size, Names.of(entry.getKey()), entry.getValue()));
      }
    }
    return tensors;
  }

  private static Tensor tensor(
      SeekableByteChannel file, long start, long size, String name, JsonNode entry)
      throws DamagedException {
    JsonNode offsets = entry.path("data_offsets");
    long from = integer(offsets.path(0));
    long to = integer(offsets.path(1));
    if (from < 0 || to < from || to > size) {
      throw new DamagedException(
          String.format(Locale.ROOT, "%s lies from byte %d to %d of %,d", name, from, to, size));
    }
    JsonNode lengths = entry.path("shape");
    long[] claimed = new long[lengths.size()];
    for (int i = 0; i < claimed.length; i++) {
      claimed[i] = integer(lengths.get(i));
    }
    Optional<NumberType> known = NumberType.named(entry.path("dtype").asText());
    if (known.isEmpty()) {
      return new Tensor(Tensor.shape(name, to - from, claimed), () -> noWeights(name, entry));
    }
    NumberType type = known.get();
    int[] shape = Tensor.shape(name, size / type.bytes(), claimed);
    int count = Tensor.count(shape);
    if ((long) count * type.bytes() != to - from) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "%s has %,d bytes, and %,d numbers of %d bytes by its shape",
              name,
              to - from,
              count,
              type.bytes()));
    }
    return new Tensor(shape, () -> Tensor.read(file, start + from, type, count));
  }

  /** -1 for anything else. */
  private static long integer(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() ? node.longValue() : -1;
  }

  private static double[] noWeights(String name, JsonNode entry) throws DamagedException {
    throw new DamagedException(
        "%s has numbers of type %s, not F64, F32, F16 or BF16"
            .formatted(name, Names.of(entry.path("dtype").asText())));
  }

  private static ByteBuffer bytes(SeekableByteChannel file, long position, int count)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    file.position(position);
    while (bytes.hasRemaining()) {
      if (file.read(bytes) < 0) {
        throw new DamagedException("it is too short");
      }
    }
    return bytes.flip();
  }
}
