package trainer.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import trainer.run.RunException;

/** Checkpoints that do not match their manifest. */
final class HostileManifestTest extends HostileCheckpoint {
  @Test
  void missingEntry() throws IOException {
    entries.remove("trainer/carried.bin");
    refusedWithFittingManifest("its entry trainer/carried.bin is missing");
  }

  @Test
  void missingUpdaterState() throws IOException {
    entries.remove("updaterState.bin");
    ZipFixture.write(file, entries);
    refused("its entry updaterState.bin is missing");
  }

  @Test
  void missingManifest() throws IOException {
    entries.remove(Manifest.NAME);
    ZipFixture.write(file, entries);
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(file))
        .withMessage(
            file
                + ": not a checkpoint: it is a Deeplearning4j model, as export writes it for other programs,"
                + " without the progress of a run: name the run directory, or the checkpoint in it, that it"
                + " was exported from");
    entries.remove("coefficients.bin");
    ZipFixture.write(file, entries);
    refused("it has no trainer/manifest.json");
  }

  @Test
  void entryThatTheManifestDoesNotKnow() throws IOException {
    byte[] updater = entries.remove("updaterState.bin");
    Map<String, byte[]> without = ZipFixture.withManifest(entries);
    without.put("updaterState.bin", updater);
    ZipFixture.write(file, without);
    refused("its entry updaterState.bin is not in its manifest");
  }

  @Test
  void entryThatIsNotTheOneInTheManifest() throws IOException {
    replace("trainer/config.yml", "seed: 1", "seed: 2");
    ZipFixture.write(file, entries);
    refused("its entry trainer/config.yml is damaged (SHA-256 differs)");
  }

  @Test
  void manifestOfANewerProgram() throws IOException {
    manifest("\"version\" : 1", "\"version\" : 2");
    refused(
        "it has format version 2, where this program reads version 1: a newer program wrote it");
  }

  @Test
  void manifestOfAnotherFormat() throws IOException {
    manifest("character-rnn-checkpoint", "recipe");
    refused(
        "its entry trainer/manifest.json: 'format' is \"recipe\", not"
            + " \"character-rnn-checkpoint\"");
  }

  @Test
  void manifestThatIsNotJson() throws IOException {
    manifest("{", "[");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(file))
        .withMessageContaining("its entry trainer/manifest.json is not JSON (line 2: ");
  }

  @Test
  void manifestWithoutChecksums() throws IOException {
    entries.put(
        Manifest.NAME,
        "{\"format\": \"character-rnn-checkpoint\", \"version\": 1, \"iteration\": 9}"
            .getBytes(UTF_8));
    ZipFixture.write(file, entries);
    refused("its entry trainer/manifest.json has no 'sha256'");
  }

  @Test
  void manifestAndProgressDisagree() throws IOException {
    manifest("\"iteration\" : 9", "\"iteration\" : 10");
    refused("its manifest says iteration 10, its progress 9");
  }

  private void manifest(String from, String to) throws IOException {
    replace(Manifest.NAME, from, to);
    ZipFixture.write(file, entries);
  }
}
