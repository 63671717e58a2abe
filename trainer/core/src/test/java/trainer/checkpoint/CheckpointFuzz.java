package trainer.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trainer.file.FileException;
import trainer.run.Metrics;
import trainer.run.Provenance;
import trainer.text.FuzzFolder;

/**
 * Any bytes are a checkpoint that survives writing and reading, or are refused with a message. The
 * first byte selects the entry of a valid checkpoint that the rest replaces, with a matching
 * manifest; a larger one makes the rest the whole file.
 */
public final class CheckpointFuzz {
  private static final Path FOLDER = FuzzFolder.of("9.zip", "fixture.bin");
  private static final Path FILE = FOLDER.resolve("9.zip");
  private static final Map<String, byte[]> HONEST = honest();
  private static final List<String> NAMES = List.copyOf(HONEST.keySet());

  private CheckpointFuzz() {}

  private static Map<String, byte[]> honest() {
    try {
      return ZipFixture.entriesOf(Examples.checkpoint(9), FOLDER);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    int choice = input[0] & 0xff;
    byte[] content = Arrays.copyOfRange(input, 1, input.length);
    if (choice < NAMES.size()) {
      String name = NAMES.get(choice);
      Map<String, byte[]> entries = new LinkedHashMap<>(HONEST);
      entries.put(name, content);
      boolean manifest = name.equals(Manifest.NAME);
      ZipFixture.write(FILE, manifest ? entries : ZipFixture.withManifest(entries));
    } else {
      Files.write(FILE, content);
    }
    try {
      Checkpoint checkpoint = Checkpoint.read(FILE);
      checkpoint.write(FILE);
      CheckpointTest.assertSame(Checkpoint.read(FILE), checkpoint);
      Metrics.parse(checkpoint.metrics(), "metrics.csv");
      Provenance.parse(checkpoint.provenance(), "provenance.json");
    } catch (FileException e) {
      if (e.getMessage().isBlank()) {
        throw new AssertionError("refused without a reason", e);
      }
    }
  }
}
