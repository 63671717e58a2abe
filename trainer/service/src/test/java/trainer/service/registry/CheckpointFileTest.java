package trainer.service.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.DamagedException;

final class CheckpointFileTest {
  @TempDir private Path folder;

  /** Whatever is flipped or missing: it is noticed, or the content is the same. */
  @Test
  void everyDamageIsNoticed() throws IOException {
    Path file = folder.resolve("best.zip");
    Checkpoints.write(file, "one");
    CheckpointFile.check(file);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 16;
      Files.write(file, flipped);
      if (isWhole(file, "byte " + i)) {
        assertThat(Checkpoints.read(file)).as("byte %d", i).isEqualTo("one");
      }
      Files.write(file, Arrays.copyOf(whole, i));
      assertThat(isWhole(file, i + " bytes")).as("%d bytes", i).isFalse();
    }
  }

  private static boolean isWhole(Path file, String what) {
    try {
      CheckpointFile.check(file);
      return true;
    } catch (IOException e) {
      assertThat(e).as(what).isInstanceOf(DamagedException.class);
      return false;
    }
  }

  @Test
  void aMissingFileIsNoDamage() {
    assertThatThrownBy(() -> CheckpointFile.check(folder.resolve("none.zip")))
        .isNotInstanceOf(DamagedException.class)
        .isInstanceOf(IOException.class);
  }
}
