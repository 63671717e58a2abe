package trainer.service.datasets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatasetRootsTest {
  @TempDir private Path folder;
  private Path root;
  private DatasetRoots roots;

  @BeforeEach
  void make() throws IOException {
    root = Files.createDirectories(folder.resolve("datasets"));
    Files.createDirectories(root.resolve("poems"));
    Files.writeString(root.resolve("a.txt"), "a");
    Files.writeString(root.resolve("poems/b.txt"), "b");
    Files.writeString(folder.resolve("outside.txt"), "outside");
    roots = new DatasetRoots(List.of(folder.resolve("none"), root));
  }

  @Test
  void filesAreFoundInTheFolderAndAsFromAFolderBesideIt() {
    assertThat(roots.resolve("a.txt", UTF_8)).isEqualTo(root.resolve("a.txt").toString());
    assertThat(roots.resolve("poems/b.txt", UTF_8))
        .isEqualTo(root.resolve("poems/b.txt").toString());
    assertThat(roots.resolve("../datasets/a.txt", UTF_8))
        .isEqualTo(root.resolve("a.txt").toString());
    assertThat(roots.resolve(root.resolve("a.txt").toString(), UTF_8))
        .isEqualTo(root.resolve("a.txt").toString());
  }

  @Test
  void aPatternIsOfOneFolder() throws IOException {
    assertThat(roots.resolve("poems/*.txt", UTF_8))
        .isEqualTo(root.resolve("poems/*.txt").toString());
    Files.createSymbolicLink(root.resolve("poems/c.txt"), folder.resolve("outside.txt"));
    for (String pattern : List.of("poems/*.txt", "**/c.txt", "none*.txt", "[")) {
      assertThatThrownBy(() -> roots.resolve(pattern, UTF_8))
          .as(pattern)
          .isInstanceOf(DatasetException.class)
          .hasMessageContaining(pattern);
    }
  }

  @Test
  void nothingElseIsFound() throws IOException {
    Files.createSymbolicLink(root.resolve("link.txt"), folder.resolve("outside.txt"));
    for (String entry :
        List.of("../outside.txt", "/etc/passwd", "link.txt", "poems", ".", "..", "", "a\0.txt")) {
      assertThatThrownBy(() -> roots.resolve(entry, UTF_8))
          .as(entry)
          .isInstanceOf(DatasetException.class);
    }
    assertThat(roots.list()).containsExactly(root.resolve("a.txt"));
  }
}
