package trainer.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.run.RunException;

/** Files of weights that lie. */
final class HostileWeightsTest {
  private static final int[] SQUARE = {2, 2};

  @TempDir private Path folder;

  private record Lie(String message, PickleFixture pickle) {
    @Override
    public String toString() {
      return message;
    }
  }

  private static Lie lie(String message, PickleFixture pickle) {
    return new Lie(message, pickle);
  }

  private static PickleFixture square(int numbers, int offset, int[] shape, int... strides) {
    return new PickleFixture()
        .text("a")
        .name("torch._utils", "_rebuild_tensor_v2")
        .write('(')
        .storage("FloatStorage", numbers, 1, 2, 3, 4)
        .view(offset, shape, strides)
        .write('s');
  }

  static Stream<Lie> pickles() {
    PickleFixture self = new PickleFixture().write('q', 1).text("a").write('h', 1, 's');
    return Stream.of(
        lie(
            "it names Python's 'os.system', which is neither a tensor nor a dictionary, and may run anything",
            new PickleFixture().name("os", "system").text("touch /tmp/x").write(0x85, 'R')),
        lie(
            "it names Python's 'torch.hub.load'",
            new PickleFixture().name("torch.hub", "load").write(')', 'R')),
        lie(
            "it names Python's 'a\\u000ab.\\u001b[31m'",
            new PickleFixture().text("a\nb").text("\u001b[31m").write(0x93)),
        lie(
            "its pickle calls 'torch.FloatStorage'",
            new PickleFixture().name("torch", "FloatStorage").write(')', 'R')),
        lie("an instruction that tensors do not need (0x69)", new PickleFixture().write('i')),
        lie("its pickle is damaged", new PickleFixture().write('X', 255, 255, 255, 255)),
        lie("its pickle is damaged", new PickleFixture().write('X', 255, 255, 255, 127)),
        lie("its pickle is damaged", new PickleFixture().write('h', 7)),
        lie("its pickle is damaged", new PickleFixture().write('t')),
        lie("its pickle is damaged", new PickleFixture().text("a").write('(', 0x86, 't')),
        lie("its pickle is damaged", new PickleFixture().write('s', 's', 's')),
        lie("its pickle is damaged", new PickleFixture().text("a").write('K', 1, 'e')),
        lie("an integer of 255 bytes", new PickleFixture().write(0x8a, 255)),
        lie("a key that is neither", new PickleFixture().write('(', 't', 'N', 's')),
        lie("sets the state of an object", new PickleFixture().text("a").write('}', 'b')),
        lie("it holds no state dict", self),
        lie("it holds no state dict", new PickleFixture()),
        lie("'a' ends after the 4 numbers of its storage", square(4, 1, SQUARE, 2, 1)),
        lie("'a' ends after the 4 numbers of its storage", square(4, 0, SQUARE, 4, 1)),
        lie("'a' has a stride of -1", square(4, 0, SQUARE, -1, 1)),
        lie("'a' has a shape and strides that do not fit", square(4, 0, SQUARE, 2)),
        lie("'a' has a shape and strides that do not fit", square(4, -1, SQUARE, 2, 1)),
        lie("'a' has a side of -2 numbers", square(4, 0, new int[] {2, -2}, 2, 1)),
        lie(
            "'a' has a shape of more numbers than its part of the file, 4",
            square(4, 0, new int[] {1 << 20, 1 << 20}, 0, 0)),
        lie(
            "'a' has a shape of more numbers than its part of the file, 2,147,483,647",
            square(Integer.MAX_VALUE, 0, new int[] {1 << 30, 2}, 0, 0)),
        lie("no tensor is named weight_ih_l0", square(4, 0, SQUARE, 2, 1)));
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void aPickleThatDoesMoreThanDescribeTensorsIsRefused(Lie lie) throws IOException {
    Path file = folder.resolve("model.pt");
    lie.pickle().zip(file);
    assertRefused(file, lie.message());
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(
            () -> {
              try (ImportedNetwork imported = ImportedNetwork.open(file)) {
                imported.parameters();
              }
            })
        .isInstanceOfSatisfying(RunException.class, e -> assertThat(e.isTransient()).isFalse())
        .hasMessageStartingWith(file + ": not a network that can be imported: ")
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void aStorageThatIsShorterThanItSaysIsRefused() throws IOException {
    Path file = folder.resolve("model.pt");
    new PickleFixture()
        .text("rnn.weight_ih_l0")
        .name("torch._utils", "_rebuild_tensor_v2")
        .write('(')
        .storage("FloatStorage", 1_000_000_000, 1, 2, 3, 4, 5, 6)
        .view(0, new int[] {2, 3}, new int[] {3, 1})
        .write('s')
        .tensor("rnn.weight_hh_l0", SQUARE, 0, 0, 0, 0)
        .tensor("out.weight", new int[] {3, 2}, 0, 0, 0, 0, 0, 0)
        .zip(file);
    assertRefused(
        file,
        "'rnn.weight_ih_l0' is in an entry of 24 bytes, which are not 1,000,000,000 numbers of 4 bytes");
  }

  /** A thousand names of the same megabyte would be a gigabyte. */
  @Test
  void numbersThatAreSharedManyTimesAreRefused() throws IOException {
    Path file = folder.resolve("model.pt");
    PickleFixture shared =
        new PickleFixture()
            .text("a")
            .name("torch._utils", "_rebuild_tensor_v2")
            .write('(')
            .storage("FloatStorage", 10_000, PickleFixture.count(10_000, 0))
            .view(0, new int[] {100, 100}, new int[] {100, 1})
            .write('q', 1, 's');
    for (int i = 0; i < 20; i++) {
      shared.text("a" + i).write('h', 1, 's');
    }
    shared.zip(file);
    assertRefused(file, "its tensors have 210,000 numbers, more than its 4");
  }

  @Test
  void aCompressedPickleIsRefused() throws IOException {
    Path file = folder.resolve("model.pt");
    PickleFixture pickle = PickleFixture.network(1);
    pickle.zip(file, pickle.pickle(), ZipEntry.DEFLATED);
    assertRefused(file, "is compressed, as torch.save never does");
  }

  @Test
  void anotherZipIsRefused() throws IOException {
    Path file = folder.resolve("model.pt");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("a"));
    }
    assertRefused(file, "neither of torch.save (it has no data.pkl) nor of Deeplearning4j");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,80]}} | 'a' lies from byte 0 to 80 of 16
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}} | 'a' lies from byte 8 to 0 of 16
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,8]}} | 'a' lies from byte -8 to 8 of 16
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}} | 'a' lies from byte 0 to -1 of 16
          {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}} | 'a' has 16 bytes, and 3 numbers of 4 bytes by its shape
          {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}} | 'a' has a side of 4294967296 numbers
          {"a":{"dtype":"F32","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}} | 'a' has a shape of more numbers than its part of the file, 4
          {"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}} | 'a' has a side of -1 numbers
          {"a":{"dtype":"F32","data_offsets":[0,16]}} | 'a' has 16 bytes, and 1 numbers of 4 bytes by its shape
          {"a":1} | 'a' lies from byte -1 to -1 of 16
          {"a":{},"a":{}} | its header is not JSON
          {"a" | its header is not JSON
          {"rnn.weight_ih_l0":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]},"rnn.weight_hh_l0":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"o.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[12,16]}} | 'rnn.weight_ih_l0' has numbers of type 'I64', not F64, F32, F16 or BF16
          {"rnn.weight_ih_l0":{"dtype":"F32","shape":[1,1],"data_offsets":[12,16]},"rnn.weight_hh_l0":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"o.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}} | 'rnn.weight_ih_l0' has the number NaN
          """)
  void aHeaderThatDoesNotFitIsRefused(String header, String message) throws IOException {
    ByteBuffer numbers = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    numbers.putFloat(12, Float.NaN);
    assertRefused(safetensors(header.length(), header, numbers.array()), message);
  }

  private Path safetensors(long length, String header, byte... numbers) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return Files.write(
        folder.resolve("model.safetensors"),
        ByteBuffer.allocate(8 + json.length + numbers.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put(json)
            .put(numbers)
            .array());
  }

  @Test
  void aHeaderLongerThanTheFileIsRefused() throws IOException {
    assertRefused(
        safetensors(1L << 60, "{}"), "its header would have 1,152,921,504,606,846,976 bytes");
    assertRefused(safetensors(-1, "{}"), "its header would have -1 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "empty, '', it is empty",
    "text, 'a text', it is not a whole zip file (its end is missing)",
  })
  void anotherFileIsRefused(String name, String content, String message) throws IOException {
    assertRefused(Files.writeString(folder.resolve(name), content), message);
  }
}
