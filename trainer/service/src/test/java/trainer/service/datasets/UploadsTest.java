package trainer.service.datasets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UploadsTest {
  @TempDir private Path folder;

  private static ByteArrayInputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  /** As Linux answers on FAT. */
  @Test
  void aFolderWithoutHardLinksTakesTexts() throws Exception {
    Uploads uploads =
        new Uploads(
            folder,
            100,
            (name, file) -> {
              throw new FileSystemException(
                  name.toString(), file.toString(), "Operation not permitted");
            });
    assertThat(uploads.take("poem.txt", text("one"), null, false).created()).isTrue();
    assertThatThrownBy(() -> uploads.take("poem.txt", text("two"), null, false))
        .isInstanceOf(Uploads.RefusedException.class)
        .hasMessageContaining("poem.txt exists");
    assertThat(folder.resolve("poem.txt")).hasContent("one");
    assertThat(uploads.take("poem.txt", text("two"), null, true).created()).isFalse();
    assertThat(folder.resolve("poem.txt")).hasContent("two");
    assertThat(folder.toFile().list()).containsExactly("poem.txt");
  }
}
