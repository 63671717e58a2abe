package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CorpusFilesTest {
  @TempDir Path temporary;
  Path directory;

  @BeforeEach
  void files() throws IOException {
    directory = temporary.toRealPath();
    Files.createDirectories(directory.resolve("sub/deep"));
    for (String name :
        List.of(
            "b.txt",
            "a.txt",
            "c.md",
            ".hidden.txt",
            "odd #1 %41 [x].txt",
            "sub/a.txt",
            "sub/deep/z.txt")) {
      Texts.write(directory, name, name);
    }
  }

  private List<String> resolve(String... entries) {
    List<String> absolute = List.of(entries).stream().map(e -> directory + "/" + e).toList();
    return CorpusFiles.resolve(absolute).paths().stream()
        .map(p -> directory.relativize(p).toString())
        .toList();
  }

  /** The kernel makes the text when it is read. */
  @Test
  void aPseudoFileIsNotCalledEmpty() {
    assumeTrue(Files.exists(Path.of("/proc/version")));
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of("/proc/version")))
        .hasMessage(
            "/proc/version: has text, but the system gives its size as 0, as in /proc; a corpus is read"
                + " twice: copy it to a file: cp /proc/version corpus.txt");
  }

  @Test
  void listedFilesKeepTheirOrder() {
    assertThat(resolve("b.txt", "c.md", "a.txt")).containsExactly("b.txt", "c.md", "a.txt");
  }

  @Test
  void theMatchesOfAGlobAreSorted() {
    assertThat(resolve("*.txt")).containsExactly("a.txt", "b.txt", "odd #1 %41 [x].txt");
    assertThat(resolve("[ab].txt")).containsExactly("a.txt", "b.txt");
    assertThat(resolve("{c,b}.*")).containsExactly("b.txt", "c.md");
    assertThat(resolve("s?b/*.txt")).containsExactly("sub/a.txt");
    assertThat(resolve("**.txt"))
        .containsExactly("a.txt", "b.txt", "odd #1 %41 [x].txt", "sub/a.txt", "sub/deep/z.txt");
    assertThat(resolve(".*.txt")).containsExactly(".hidden.txt");
    assertThat(resolve("c.md", "sub/**")).containsExactly("c.md", "sub/a.txt", "sub/deep/z.txt");
  }

  @Test
  void aFileWhoseNameLooksLikeAGlobIsThatFile() {
    assertThat(resolve("odd #1 %41 [x].txt")).containsExactly("odd #1 %41 [x].txt");
  }

  @Test
  void aGlobFollowsLinksAndSaysWhereTheyLeadInACircle() throws IOException {
    Files.createSymbolicLink(directory.resolve("linked"), directory.resolve("sub/deep"));
    assertThat(resolve("l*/*.txt")).containsExactly("linked/z.txt");
    Files.createSymbolicLink(directory.resolve("sub/up"), directory);
    assertThat(resolve("sub/*.txt")).containsExactly("sub/a.txt");
    assertThatThrownBy(() -> resolve("**.md"))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "data.corpus: '%s/**.md': %s/sub/up cannot be listed: a link refers to one of its parent folders; correct its permissions, or list files or other globs"
                .formatted(directory, directory));
  }

  @Test
  void aPathThatIsNotAFileIsRefusedAndNeverCreated() {
    assertThatThrownBy(() -> resolve("missing.txt"))
        .isInstanceOf(TextException.class)
        .hasMessage(directory + "/missing.txt: no such file; check the path");
    assertThat(directory.resolve("missing.txt")).doesNotExist();
    assertThatThrownBy(() -> resolve("sub"))
        .hasMessage(
            "%s/sub: a directory; to read the files in it, write %s/sub/*.txt"
                .formatted(directory, directory));
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of("/dev/null")))
        .hasMessage("/dev/null: not a regular file; a corpus is read twice: save it to a file");
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of("/tmp/\0")))
        .hasMessage("data.corpus: '/tmp/\0' is not a file name: Nul character not allowed");
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of()))
        .hasMessage("data.corpus: no file is listed; name at least one");
  }

  @Test
  void aGlobWithoutMatchIsRefused() {
    assertThatThrownBy(() -> resolve("*.csv"))
        .hasMessage(
            "data.corpus: '%s/*.csv' matches no file in %s".formatted(directory, directory));
    assertThatThrownBy(() -> resolve("nowhere/*.txt"))
        .hasMessage(
            "data.corpus: '%s/nowhere/*.txt' matches nothing: there is no directory %s/nowhere"
                .formatted(directory, directory));
    assertThat(directory.resolve("nowhere")).doesNotExist();
    assertThatThrownBy(() -> resolve("[a.txt"))
        .hasMessageStartingWith("data.corpus: '%s/[a.txt' is not a glob: ".formatted(directory));
  }

  @Test
  void anEmptyFileIsRefused() {
    Texts.write(directory, "empty.txt", "");
    assertThatThrownBy(() -> resolve("a.txt", "empty.txt"))
        .hasMessage(directory + "/empty.txt: the file is empty; name a file with text");
  }

  @Test
  void aFileGivenTwiceIsRefused() throws IOException {
    Files.createSymbolicLink(directory.resolve("link.md"), directory.resolve("a.txt"));
    assertThatThrownBy(() -> resolve("a.txt", "[ab].txt"))
        .hasMessage(
            "%s/a.txt: in the corpus twice, by data.corpus '%s/a.txt' and '%s/[ab].txt'; remove one"
                .formatted(directory, directory, directory));
    assertThatThrownBy(() -> resolve("a.txt", "link.md"))
        .hasMessageContaining("in the corpus twice");
  }
}
