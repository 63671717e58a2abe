package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
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
    return CorpusFiles.resolve(absolute, Confinement.none()).paths().stream()
        .map(p -> directory.relativize(p).toString())
        .toList();
  }

  /** The kernel makes the text when it is read. */
  @Test
  void aPseudoFileIsNotCalledEmpty() {
    assumeTrue(Files.exists(Path.of("/proc/version")));
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of("/proc/version"), Confinement.none()))
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
            "corpus: '%s/**.md': %s/sub/up cannot be listed: a link refers to one of its parent folders; remove the link, or list files or other patterns"
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
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of("/dev/null"), Confinement.none()))
        .hasMessage("/dev/null: not a regular file; a corpus is read twice: save it to a file");
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of("/tmp/\0"), Confinement.none()))
        .hasMessage("corpus: '/tmp/\\u0000' is not a file name: Nul character not allowed");
    assertThatThrownBy(() -> CorpusFiles.resolve(List.of(), Confinement.none()))
        .hasMessage("corpus: no file is listed; name at least one");
  }

  @Test
  void dotsBehindALinkMeanWhatTheSystemOpens() throws IOException {
    Files.createSymbolicLink(directory.resolve("link"), directory.resolve("sub/deep"));
    assertThat(resolve("link/../a.txt")).containsExactly("sub/a.txt");
    assertThat(resolve("link/../*.txt")).containsExactly("sub/a.txt");
    assertThat(resolve("sub/../a.txt")).containsExactly("a.txt");
  }

  @Test
  void aLinkThatLeadsNowhereIsCalledOne() throws IOException {
    Files.createSymbolicLink(directory.resolve("d.txt"), Path.of("nowhere"));
    for (String entry : List.of("d.txt", "*.txt")) {
      assertThatThrownBy(() -> resolve(entry))
          .hasMessage(
              directory
                  + "/d.txt: a link to a file that does not exist: remove it, or link it to another");
    }
  }

  /** The pattern that is advised for a directory means files of it, whatever they are called. */
  @Test
  void thePatternThatIsAdvisedFindsFiles() throws IOException {
    Files.createDirectories(directory.resolve("notes/x"));
    Texts.write(directory, "notes/x/one.md", "one");
    assertThatThrownBy(() -> resolve("notes")).hasMessageEndingWith("write %s/notes/**", directory);
    assertThat(resolve("notes/**")).containsExactly("notes/x/one.md");
    Texts.write(directory, "notes/two.md", "two");
    assertThatThrownBy(() -> resolve("notes")).hasMessageEndingWith("write %s/notes/*", directory);
    assertThat(resolve("notes/*")).containsExactly("notes/two.md");
  }

  @Test
  void aNameThatIsAlmostRightIsSuggested() throws IOException {
    Texts.write(directory, "\u00e9t\u00e9.txt", "a");
    Texts.write(directory, "two words.txt", "a");
    assertThatThrownBy(() -> resolve("B.TXT")).hasMessageEndingWith("; did you mean b.txt?");
    assertThatThrownBy(() -> resolve("e\u0301te\u0301.txt"))
        .hasMessageEndingWith("; did you mean \u00e9t\u00e9.txt?");
    assertThatThrownBy(() -> resolve("two  words.txt "))
        .hasMessageEndingWith("; did you mean 'two words.txt'?");
    assertThatThrownBy(() -> resolve("sbu/*.txt")).hasMessageEndingWith("; did you mean sub?");
    assertThatThrownBy(() -> resolve("a.txt/*.txt"))
        .hasMessageEndingWith("matches nothing: %s/a.txt is a file, not a directory", directory);
    assertThatThrownBy(() -> resolve("sub\\a.txt"))
        .hasMessageEndingWith("; '\\' is part of a name here: write / between folders");
  }

  /** A name must not look like lines of the program's own, or move the terminal's cursor. */
  @Test
  void namesStayOnTheLineOfTheirMessage() throws IOException {
    for (String name : List.of("a\nb", "a\u001b[1mb", "a\u202eb", "a\u2028b")) {
      Files.createDirectory(directory.resolve(name));
      Texts.write(directory, name + "/empty", "");
      Files.createSymbolicLink(directory.resolve(name + "/broken"), Path.of("nowhere"));
      Files.createSymbolicLink(directory.resolve(name + "/up"), directory);
      for (String entry :
          List.of("", "/empty", "/broken", "/none", "/none/*", "/*", "/**/*", "/empty/*")) {
        assertThatThrownBy(() -> resolve(name + entry))
            .as(name + entry)
            .isInstanceOf(TextException.class)
            .satisfies(e -> assertThat(e.getMessage()).doesNotContain(name));
      }
      String twice = directory.resolve(name).toString();
      Texts.write(directory, name + "/text", "a");
      assertThatThrownBy(() -> resolve(name + "/text", name + "/text"))
          .satisfies(e -> assertThat(e.getMessage()).contains("twice").doesNotContain(twice));
      assertThatThrownBy(() -> resolve(name + "/[*")).hasMessageContaining("is not a pattern");
    }
  }

  @Test
  @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void manyStarsInAPatternTakeNoLonger() {
    Texts.write(directory, "a".repeat(200), "a");
    assertThatThrownBy(() -> resolve("*a".repeat(20) + "*b")).hasMessageContaining("no file");
  }

  @Test
  void aGlobWithoutMatchIsRefused() {
    assertThatThrownBy(() -> resolve("*.csv"))
        .hasMessage("corpus: '%s/*.csv' matches no file in %s".formatted(directory, directory));
    assertThatThrownBy(() -> resolve("nowhere/*.txt"))
        .hasMessage(
            "corpus: '%s/nowhere/*.txt' matches nothing: there is no directory %s/nowhere"
                .formatted(directory, directory));
    assertThat(directory.resolve("nowhere")).doesNotExist();
    assertThatThrownBy(() -> resolve("[a.txt"))
        .hasMessageStartingWith("corpus: '%s/[a.txt' is not a pattern: ".formatted(directory));
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
            "%s/a.txt: in the corpus twice, by '%s/a.txt' and '%s/[ab].txt'; remove one"
                .formatted(directory, directory, directory));
    assertThatThrownBy(() -> resolve("a.txt", "link.md"))
        .hasMessageContaining("in the corpus twice");
  }

  @Test
  void whatStandsBeforeThePatternIsLiteral() throws IOException {
    for (String folder :
        List.of("proj[12]/texts", "proj1/texts", "{a,b}", "a", "b", "x*y", "x1y")) {
      Files.createDirectories(directory.resolve(folder));
      Texts.write(directory, folder + "/t.txt", folder);
    }
    assertThat(resolve("proj[12]/texts/*.txt")).containsExactly("proj[12]/texts/t.txt");
    assertThat(resolve("{a,b}/*")).containsExactly("{a,b}/t.txt");
    assertThat(resolve("x*y/**/*.txt")).containsExactly("x*y/t.txt");
    assertThat(resolve("proj[1]/texts/*.txt")).containsExactly("proj1/texts/t.txt");
  }

  @Test
  void aNameBehindAPatternThatExistsIsLiteralToo() throws IOException {
    for (String name : List.of("p/part[1].txt", "q/part1.txt", "q/part2.txt")) {
      Files.createDirectories(directory.resolve(name).getParent());
      Texts.write(directory, name, name);
    }
    assertThat(resolve("?/part[1].txt")).containsExactly("p/part[1].txt", "q/part1.txt");
  }

  @Test
  void foldersInAPatternMatchNoFolderToo() {
    assertThat(resolve("**/*.txt"))
        .containsExactly("a.txt", "b.txt", "odd #1 %41 [x].txt", "sub/a.txt", "sub/deep/z.txt");
    assertThat(resolve("**/deep/*.txt")).containsExactly("sub/deep/z.txt");
    assertThat(resolve("sub/**/*.txt", "**/b.txt"))
        .containsExactly("sub/a.txt", "sub/deep/z.txt", "b.txt");
    assertThat(resolve("**/**/**/z.txt")).containsExactly("sub/deep/z.txt");
    assertThat(resolve("**/**/**.md", "sub/**/**"))
        .containsExactly("c.md", "sub/a.txt", "sub/deep/z.txt");
  }

  @Test
  void hiddenFoldersAreEnteredOnlyByName() throws IOException {
    for (String folder : List.of(".git/info", "sub/.cache")) {
      Files.createDirectories(directory.resolve(folder));
      Texts.write(directory, folder + "/hidden.txt", folder);
    }
    assertThat(resolve("**.txt")).noneMatch(name -> name.contains("hidden"));
    assertThat(resolve("**/*")).noneMatch(name -> name.contains("hidden"));
    assertThat(resolve(".git/**")).containsExactly(".git/info/hidden.txt");
    assertThat(resolve("**/.cache/*")).containsExactly("sub/.cache/hidden.txt");
    assertThat(resolve(".g*/*/*")).containsExactly(".git/info/hidden.txt");
    assertThatThrownBy(() -> resolve("*/hidden.txt")).hasMessageContaining("matches no file");
  }

  @Test
  void whatAPatternCannotSayIsSaid() {
    assertThatThrownBy(() -> resolve("a**.txt"))
        .hasMessageEndingWith("is not a pattern: '**' must begin a name, as in **/a**.txt");
    assertThatThrownBy(() -> resolve("{sub/a,b}.txt"))
        .hasMessageContaining("in '{sub'; brackets and braces stay within one name");
  }

  @Test
  void whatOnlyAShellOrABrowserUnderstandsIsSaid() {
    for (String entry : List.of("~/part.txt", "~/*.txt", "${HOME}/part.txt", "$HOME/*.txt")) {
      assertThatThrownBy(() -> resolve(entry))
          .as(entry)
          .isInstanceOf(TextException.class)
          .hasMessageEndingWith(
              "; '%s' is not replaced: write the path in full"
                  .formatted(entry.substring(0, entry.indexOf('/'))));
    }
    for (String entry :
        List.of("https://example.org/a.txt", "http://x/?q=1", "file:///tmp/a.txt")) {
      assertThatThrownBy(() -> resolve(entry))
          .as(entry)
          .isInstanceOf(TextException.class)
          .hasMessageContaining("data.url and data.sha256");
    }
  }

  @Test
  void aFileOfSuchANameIsRead() throws IOException {
    for (String folder : List.of("~", "$HOME", "file:")) {
      Files.createDirectory(directory.resolve(folder));
      Texts.write(directory, folder + "/a.txt", "a");
    }
    assertThat(resolve("~/a.txt", "$HOME/a.txt", "file:/a.txt"))
        .containsExactly("~/a.txt", "$HOME/a.txt", "file:/a.txt");
  }

  @Test
  void theFirstFewFilesAndTheirNumberAreShown() {
    List<String> all = List.of(directory + "/**/*.txt");
    assertThat(CorpusFiles.resolve(all, Confinement.none()).description())
        .isEqualTo(directory + "/a.txt, b.txt, odd #1 %41 [x].txt and 2 more files");
  }

  @Test
  void confinedFilesAreCheckedWhenTheyAreFoundAndWhenTheyAreOpened() throws IOException {
    Path outside = Texts.write(Files.createDirectory(directory.resolve("out")), "s.txt", "secret");
    Confinement inside = new Confinement(List.of(directory.resolve("sub"), Path.of("/nowhere")));
    List<String> pattern = List.of(directory + "/sub/**");
    CorpusFiles files = CorpusFiles.resolve(pattern, inside);
    assertThat(files.paths()).hasSize(2);

    Path replaced = files.paths().get(0);
    Files.delete(replaced);
    Files.createSymbolicLink(replaced, outside);

    assertThatThrownBy(() -> files.open(replaced))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith(replaced + ": leads out of the folders that may be read (");
    for (String entry : List.of("sub/a.txt", "sub/*", "sub/**", "b.txt", "*.txt", "out/*")) {
      assertThatThrownBy(() -> CorpusFiles.resolve(List.of(directory + "/" + entry), inside))
          .as(entry)
          .hasMessageContaining("leads out of the folders");
    }
    Files.delete(replaced);
    Files.createSymbolicLink(directory.resolve("sub/linked"), directory.resolve("out"));
    assertThatThrownBy(() -> CorpusFiles.resolve(pattern, inside))
        .hasMessageStartingWith(directory + "/sub/linked: leads out");
  }
}
