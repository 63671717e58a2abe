package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.file.ByteProgress;
import trainer.file.Sha256;

/** Accepted and refused texts; progress and cancellation of the encoding. */
final class CorpusTest extends CorpusFolder {
  @Test
  void opensAText() throws IOException {
    Path a = Texts.write(directory, "a.txt", "Ünïcode 😀\r\n");
    Path b = Texts.write(directory, "b.txt", "text");
    Corpus corpus = open(Texts.data(a, b));

    assertThat(text(corpus)).isEqualTo("Ünïcode 😀\ntext");
    assertThat(corpus.length()).isEqualTo(14);
    assertThat(corpus.vocabulary()).isEqualTo(Vocabulary.of("Ünïcode 😀\ntext"));
    assertThat(corpus.text().width()).isEqualTo(1);
    assertThat(corpus.files()).isEqualTo(a + " and 1 more");
    assertThat(corpus.sha256()).isEqualTo(Sha256.hex("Ünïcode 😀\r\ntext"));
    assertThat(Corpus.sha256(Texts.data(a, b), () -> false)).isEqualTo(corpus.sha256());
    assertThatThrownBy(() -> Corpus.sha256(Texts.data(a, b), () -> true))
        .isInstanceOf(CancellationException.class);
    assertThat(corpus.replaced()).isZero();
    assertThat(corpus.reused()).isFalse();
    assertThat(written()).containsExactly(Path.of("corpus.encoded"));
    assertThat(Splits.of(corpus.length(), List.of(0.5, 0.5, 0.0)).training().length()).isEqualTo(7);
  }

  @Test
  void aForeignTextLeavesNothingBehind() throws IOException {
    Path file = Texts.write(directory, "a.txt", "ab\r\nba?");
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    Data data = Texts.data(Normalization.NONE, Newlines.LF, null, UnknownCharacters.REPLACE, file);
    Corpus corpus =
        Corpus.openForeign(
            List.of(file.toString()),
            data,
            Vocabulary.of("ab\n\uFFFD"),
            temporary,
            () -> false,
            ByteProgress.none());
    assertThat(text(corpus)).isEqualTo("ab\nba\uFFFD");
    assertThat(temporary).isEmptyDirectory();
    assertThatThrownBy(
            () ->
                Corpus.openForeign(
                    List.of(file.toString()),
                    data,
                    Vocabulary.of("xyz"),
                    temporary,
                    () -> false,
                    ByteProgress.none()))
        .isInstanceOf(TextException.class);
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void malformedTextsAreRefused() {
    record Malformed(String message, int... bytes) {}
    for (Malformed malformed :
        List.of(
            new Malformed("byte 2: not UTF-8: 0xE9", 'a', 'b', 0xE9, ' '),
            new Malformed("byte 1: not UTF-8: 0x80", 'a', 0x80),
            new Malformed("byte 0: not UTF-8: 0xC0", 0xC0, 0xAF),
            new Malformed("byte 0: not UTF-8: 0xE0", 0xE0, 0x80, 0xAF),
            new Malformed("byte 0: not UTF-8: 0xF0", 0xF0, 0x80, 0x80, 0x80),
            new Malformed("byte 1: not UTF-8: 0xED 0xA0 0x80", 'a', 0xED, 0xA0, 0x80),
            new Malformed("byte 0: not UTF-8: 0xF4", 0xF4, 0x90, 0x80, 0x80),
            new Malformed("byte 0: not UTF-8: 0xF5", 0xF5, 0x80, 0x80, 0x80),
            new Malformed("byte 3: not UTF-8: 0xE2 0x82", 'a', 'b', 'c', 0xE2, 0x82))) {
      byte[] bytes = new byte[malformed.bytes().length];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) malformed.bytes()[i];
      }
      Path file = Texts.write(directory, "a.txt", bytes);
      assertThatThrownBy(() -> open(Texts.data(file)))
          .isInstanceOf(TextException.class)
          .hasMessage(
              "%s: %s; convert it, for example: iconv -f WINDOWS-1252 -t UTF-8 '%s' > converted.txt"
                  .formatted(file, malformed.message(), file));
    }
    Path utf16 = Texts.write(directory, "a.txt", new byte[] {(byte) 0xFF, (byte) 0xFE, 'a', 0});
    assertThatThrownBy(() -> open(Texts.data(utf16)))
        .hasMessage(
            ("%s: byte 0: not UTF-8: 0xFF; it looks like"
                    + " UTF-16; convert it, for example: iconv -f UTF-16 -t UTF-8 '%s' >"
                    + " converted.txt")
                .formatted(utf16, utf16));
  }

  @Test
  void theByteOffsetOfALateErrorIsExact() {
    byte[] bytes = new byte[200_000];
    Arrays.fill(bytes, (byte) 'x');
    bytes[0] = (byte) 0xC3;
    bytes[1] = (byte) 0xA9;
    bytes[150_001] = (byte) 0xFF;
    Path file = Texts.write(directory, "a.txt", bytes);
    assertThatThrownBy(() -> open(Texts.data(file)))
        .hasMessageStartingWith(file + ": byte 150001: not UTF-8: 0xFF;");
  }

  @Test
  void textsOfOneCharacterAreRefused() {
    Path mark = Texts.write(directory, "mark.txt", "\uFEFF");
    assertThatThrownBy(() -> open(Texts.data(mark)))
        .hasMessage(mark + ": the corpus is empty: it has no characters");
    Path one = Texts.write(directory, "one.txt", "aaaa");
    assertThatThrownBy(() -> open(Texts.data(one)))
        .hasMessage(
            one
                + ": every character is 'a' (U+0061): there is nothing to learn; a corpus needs two"
                + " different characters");
    Path blank = Texts.write(directory, "blank.txt", "\n\r\n\r");
    assertThatThrownBy(() -> open(Texts.data(blank)))
        .hasMessageContaining("every character is U+000A (LINE FEED (LF))");
  }

  @Test
  void aCorpusWithAnotherHashThanStatedIsRefused() {
    Path file = Texts.write(directory, "a.txt", "abc");
    assertThat(open(withHash(file, Sha256.hex("abc").toUpperCase(Locale.ROOT))).length())
        .isEqualTo(3);
    assertThatThrownBy(() -> open(withHash(file, "0".repeat(64))))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "%s: its SHA-256 is %s, but data.sha256 is %s: this is a different corpus: use the one with this hash, or correct data.sha256"
                .formatted(file, Sha256.hex("abc"), "0".repeat(64)));
  }

  private static Data withHash(Path file, String sha256) {
    return new Data(
        List.of(file.toString()),
        "https://example.org/a.txt",
        sha256,
        Normalization.NONE,
        Newlines.LF,
        null,
        UnknownCharacters.ERROR,
        Data.Shuffle.NONE,
        List.of(0.9, 0.1, 0.0),
        1);
  }

  @Test
  void anUnreadableFileIsRefused() {
    Path file = Texts.write(directory, "a.txt", "abc");
    assumeThat(file.toFile().setReadable(false)).isTrue();
    assumeThat(Files.isReadable(file)).as("root reads everything").isFalse();
    assertThatThrownBy(() -> open(Texts.data(file)))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "%s: cannot be read: permission denied; allow it: chmod u+r '%s'"
                .formatted(file, file));
  }

  @Test
  void progressCountsTheBytesOfBothPasses() {
    Path file = Texts.write(directory, "a.txt", "ab".repeat(150_000));
    List<Long> done = new ArrayList<>();
    Corpus.open(
        Texts.data(file),
        encoded(),
        () -> false,
        (bytes, total) -> {
          assertThat(total).isEqualTo(600_000);
          done.add(bytes);
        });
    assertThat(done).isSorted().hasSizeGreaterThan(8).contains(0L, 300_000L).endsWith(600_000L);
  }

  @Test
  void encodingStopsWhenAskedAndLeavesNothing() throws IOException {
    Path file = Texts.write(directory, "a.txt", "ab".repeat(150_000));
    for (long stopAt : new long[] {0, 65_536, 400_000}) {
      long[] reached = new long[1];
      assertThatThrownBy(
              () ->
                  Corpus.open(
                      Texts.data(file),
                      encoded(),
                      () -> reached[0] >= stopAt,
                      (bytes, total) -> reached[0] = bytes))
          .isInstanceOf(CancellationException.class);
      assertThat(reached[0]).isLessThan(stopAt + 65_537);
      assertThat(encoded()).doesNotExist();
      if (Files.exists(encoded().getParent())) {
        assertThat(written()).isEmpty();
      }
    }
  }

  @Test
  void encodingStopsWhenTheThreadIsInterrupted() {
    Path file = Texts.write(directory, "a.txt", "ab".repeat(150_000));
    try {
      assertThatThrownBy(
              () ->
                  Corpus.open(
                      Texts.data(file),
                      encoded(),
                      () -> false,
                      (bytes, total) -> {
                        if (bytes > 400_000) {
                          Thread.currentThread().interrupt();
                        }
                      }))
          .isInstanceOf(CancellationException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(encoded()).doesNotExist();
    assertThat(encoded().resolveSibling(".corpus.encoded.part")).doesNotExist();
  }

  @Test
  void aCorpusThatChangesWhileItIsReadIsRefused() throws IOException {
    Path file = Texts.write(directory, "a.txt", "ab".repeat(150_000));
    assertThatThrownBy(
            () ->
                Corpus.open(
                    Texts.data(file),
                    encoded(),
                    () -> false,
                    (bytes, total) -> {
                      if (bytes == 300_000) {
                        Texts.write(directory, "a.txt", "ba".repeat(150_000));
                      }
                    }))
        .isInstanceOf(TextException.class)
        .hasMessage(
            file
                + ": the corpus changed while it was being read; start again once nothing writes to it");
    assertThat(written()).isEmpty();
  }

  @Test
  void anUnwritableFolderIsNamed() {
    Path file = Texts.write(directory, "a.txt", "abc");
    assertThatThrownBy(() -> Corpus.open(Texts.data(file), Path.of("/proc/corpus.encoded")))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("/proc/.corpus.encoded.part: the encoded text cannot be written: ")
        .hasMessageEndingWith("; it needs 1 byte per character of the corpus");
  }
}
