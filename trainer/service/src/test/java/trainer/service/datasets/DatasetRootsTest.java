package trainer.service.datasets;

import static java.nio.charset.StandardCharsets.UTF_16LE;
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
  void aPatternMeansWhatItMeansInARun() throws IOException {
    for (String pattern : List.of("poems/*.txt", "**/*.txt", "*/b.txt", "**")) {
      assertThat(roots.resolve(pattern, UTF_8)).isEqualTo(root.resolve(pattern).toString());
    }
    Path odd = Files.createDirectories(folder.resolve("d[12]"));
    Files.writeString(Files.createDirectories(folder.resolve("d1")).resolve("o.txt"), "outside");
    DatasetRoots brackets = new DatasetRoots(List.of(odd));
    assertThatThrownBy(() -> brackets.resolve("*.txt", UTF_8))
        .hasMessageContaining("is not a file of the service's dataset folders");
    Files.writeString(odd.resolve("i.txt"), "inside");
    assertThat(brackets.resolve("*.txt", UTF_8)).isEqualTo(odd.resolve("*.txt").toString());
  }

  @Test
  void hiddenFilesAreNotRead() throws IOException {
    Files.writeString(root.resolve(".upload-1"), "half a text");
    Files.writeString(Files.createDirectories(root.resolve(".h")).resolve("b.txt"), "hidden");
    for (String entry :
        List.of(".upload-1", ".upload-*", ".*", ".h/b.txt", "./.h/*", ".h/../.h/*")) {
      for (String named : List.of(entry, root.resolve(entry).toString())) {
        assertThatThrownBy(() -> roots.resolve(named, UTF_8))
            .as(named)
            .isInstanceOf(DatasetException.class)
            .hasMessageContaining("names begin with '.'");
        assertThatThrownBy(() -> roots.resolveFile(named)).as(named).hasMessageContaining("'.'");
      }
    }
    for (String entry : List.of("?upload-1", "[.]upload-1", "{.upload-1,x}")) {
      assertThatThrownBy(() -> roots.resolve(entry, UTF_8)).as(entry).hasMessageContaining(entry);
    }
    Files.delete(root.resolve("poems/b.txt"));
    assertThatThrownBy(() -> roots.resolve("*/b.txt", UTF_8)).hasMessageContaining("is not a file");
  }

  @Test
  void aVocabularyIsOneFile() throws IOException {
    assertThat(roots.resolveFile("a.txt")).isEqualTo(root.resolve("a.txt").toString());
    assertThatThrownBy(() -> roots.resolveFile("a*"))
        .isInstanceOf(DatasetException.class)
        .hasMessage("'a*': a vocabulary is one file, not a pattern");
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    Files.write(root.resolve("a.gz"), new byte[] {0x1F, (byte) 0x8B, 8, 0});
    Files.writeString(root.resolve("wide.txt"), "a wide text\n", UTF_16LE);
    assertThatThrownBy(() -> roots.resolve("a.gz", UTF_8))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("a gzip file, not a text");
    assertThatThrownBy(() -> roots.resolve("*.txt", UTF_8)).hasMessageContaining("UTF-16LE");
    assertThat(roots.resolve("wide.txt", UTF_16LE)).endsWith("wide.txt");
  }

  @Test
  void whatIsNotExpandedIsSaid() {
    assertThatThrownBy(() -> roots.resolve("~/a.txt", UTF_8)).hasMessageContaining("'~' is not");
    assertThatThrownBy(() -> roots.resolve("https://x.org/a.txt", UTF_8))
        .hasMessageContaining("'https:' is part of the file's name");
  }

  @Test
  void aPatternThatMeetsALinkOutsideIsRefused() throws IOException {
    assertThat(roots.resolve("poems/*.txt", UTF_8))
        .isEqualTo(root.resolve("poems/*.txt").toString());
    Files.createSymbolicLink(root.resolve("poems/c.txt"), folder.resolve("outside.txt"));
    for (String pattern : List.of("poems/*.txt", "**/c.txt", "**", "none*.txt", "[")) {
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
