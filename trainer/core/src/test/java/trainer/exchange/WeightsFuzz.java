package trainer.exchange;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import trainer.checkpoint.Numbers;
import trainer.file.FileException;
import trainer.text.FuzzFolder;

/**
 * Any bytes are weights of finite numbers, or are refused with a message. The first byte says
 * whether the rest is the pickle of a zip of {@code torch.save}, or a whole file.
 */
public final class WeightsFuzz {
  private static final Path FILE = FuzzFolder.of("weights").resolve("weights");

  private WeightsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    byte[] content = Arrays.copyOfRange(input, 1, input.length);
    if (input[0] == 'P') {
      PickleFixture.network(1).zip(FILE, content, ZipEntry.STORED);
    } else {
      Files.write(FILE, content);
    }
    try (ImportedNetwork network = ImportedNetwork.open(FILE)) {
      if (network.vocabulary() > 1000) {
        return; // of no text
      }
      Numbers numbers = network.parameters();
      for (int i = 0; i < numbers.length(); i++) {
        if (!Double.isFinite(numbers.at(i))) {
          throw new AssertionError("number %d is %s".formatted(i, numbers.at(i)));
        }
      }
    } catch (FileException e) {
      if (e.getMessage().isBlank()) {
        throw new AssertionError("refused without a reason", e);
      }
    }
  }
}
