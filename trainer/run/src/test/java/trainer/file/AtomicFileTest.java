package trainer.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path directory;

  @Test
  void aWriteThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = directory.resolve("config.yml");
    AtomicFile.write(file, "old");
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(new byte[100_000]);
                      throw new FileSystemException("x", null, "No space left on device");
                    }))
        .withMessage(
            "%s: cannot be written (No space left on device): free some space; the existing"
                + " file is unchanged",
            file);
    assertThat(file).content().isEqualTo("old");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void theTemporaryFileOfAKilledProcessIsReplaced() throws IOException {
    Path file = directory.resolve("config.yml");
    Files.writeString(AtomicFile.aside(file), "torn and longer than the new one");
    AtomicFile.write(file, "new");
    assertThat(file).content().isEqualTo("new");
    assertThat(AtomicFile.aside(file)).doesNotExist();
  }

  @Test
  void aLinkDoesNotRedirectAWrite() throws IOException {
    Path victim = directory.resolve("victim");
    Files.writeString(victim, "precious");
    Path file = directory.resolve("config.yml");
    Files.createSymbolicLink(AtomicFile.aside(file), victim);
    Files.createSymbolicLink(file, victim);
    AtomicFile.write(file, "new");
    assertThat(victim).content().isEqualTo("precious");
    assertThat(Files.isSymbolicLink(file)).isFalse();
    assertThat(file).content().isEqualTo("new");
  }

  @Test
  void aLinkIsReplacedByAnother() throws IOException {
    Path one = directory.resolve("1.zip");
    Path two = directory.resolve("2.zip");
    Files.writeString(one, "one");
    Files.writeString(two, "two");
    Path latest = directory.resolve("latest.zip");
    AtomicFile.link(one, latest);
    AtomicFile.link(one, latest);
    AtomicFile.link(two, latest);
    Files.delete(two);
    assertThat(latest).content().isEqualTo("two");
    assertThat(one).content().isEqualTo("one");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactlyInAnyOrder(one, latest);
    }
  }

  @Test
  void aMissingDirectoryIsNamed() {
    Path file = directory.resolve("missing/config.yml");
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(() -> AtomicFile.write(file, "text"))
        .withMessage(
            "%s: cannot be written (no such file or directory): check that the directory exists"
                + " and is writable",
            file);
  }
}
