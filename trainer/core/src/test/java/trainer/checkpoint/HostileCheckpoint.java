package trainer.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.RunException;

/** A checkpoint that a test manipulates, with or without a matching manifest. */
abstract class HostileCheckpoint {
  private static final String REMEDY =
      ": there is no other checkpoint: restore it from a copy, or train again";

  @TempDir Path directory;

  Path file;
  Map<String, byte[]> entries;

  @BeforeEach
  void anHonestCheckpoint() throws IOException {
    entries = ZipFixture.entriesOf(Examples.checkpoint(9), directory);
    file = directory.resolve("9.zip");
  }

  void refused(String message) {
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(file))
        .withMessage(file + ": not a usable checkpoint: " + message + REMEDY);
  }

  void refusedWithFittingManifest(String message) throws IOException {
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    refused(message);
  }

  void readWithFittingManifest() throws IOException {
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    Checkpoint.read(file);
  }

  void replace(String name, String from, String to) {
    String text = new String(entries.get(name), UTF_8);
    assertThat(text).contains(from);
    int at = text.indexOf(from);
    String changed = text.substring(0, at) + to + text.substring(at + from.length());
    entries.put(name, changed.getBytes(UTF_8));
  }
}
