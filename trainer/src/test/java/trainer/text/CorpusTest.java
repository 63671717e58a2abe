package trainer.text;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;

final class CorpusTest {
  @TempDir Path directory;

  private Path encoded() {
    return directory.resolve("run/corpus.encoded");
  }

  private Corpus open(Data data) {
    return Corpus.open(data, encoded());
  }

  private static String text(Corpus corpus) {
    return corpus.text().text(0, (int) corpus.length());
  }

  private List<Path> written() throws IOException {
    try (Stream<Path> files = Files.list(encoded().getParent())) {
      return files.map(Path::getFileName).toList();
    }
  }

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
    assertThat(corpus.splits(List.of(0.5, 0.5, 0.0)).training().length()).isEqualTo(7);
  }

  @Test
  void theEncodedTextIsUsedAgainForTheSameSourceAndOptions() {
    Path file = Texts.write(directory, "a.txt", "some text\r\n");
    assertThat(open(Texts.data(file)).reused()).isFalse();
    Corpus again = open(Texts.data(file));
    assertThat(again.reused()).isTrue();
    assertThat(text(again)).isEqualTo("some text\n");
    assertThat(again.sha256()).isEqualTo(Sha256.hex("some text\r\n"));
    assertThat(again.vocabulary()).isEqualTo(Vocabulary.of("some text\n"));

    // Same length, other bytes.
    Texts.write(directory, "a.txt", "some teXt\r\n");
    Corpus changed = open(Texts.data(file));
    assertThat(changed.reused()).isFalse();
    assertThat(text(changed)).isEqualTo("some teXt\n");
    // The text mapped before is still the old one.
    assertThat(text(again)).isEqualTo("some text\n");
  }

  @Test
  void otherOptionsEncodeAgain() {
    Path file = Texts.write(directory, "a.txt", "e\u0301a\r\n");
    Path kept = Texts.write(directory, "v.json", Vocabulary.of("\n\ra\u00E9e\u0301").toJson());
    open(Texts.data(file));
    for (Data data :
        List.of(
            Texts.data(Normalization.NFC, Newlines.LF, null, UnknownCharacters.ERROR, file),
            Texts.data(Normalization.NFC, Newlines.KEEP, null, UnknownCharacters.ERROR, file),
            Texts.data(Normalization.NFC, Newlines.KEEP, null, UnknownCharacters.REPLACE, file),
            Texts.data(Normalization.NFC, Newlines.KEEP, kept, UnknownCharacters.REPLACE, file))) {
      assertThat(open(data).reused()).isFalse();
      assertThat(open(data).reused()).isTrue();
    }
  }

  @Test
  void aDamagedEncodedTextIsMadeAgain() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    open(Texts.data(file));
    byte[] whole = Files.readAllBytes(encoded());
    List<byte[]> damaged = new ArrayList<>();
    for (int at : new int[] {0, 8, 12, 40, 44, 80, 115, whole.length - 1}) {
      byte[] bytes = whole.clone();
      bytes[at] ^= 0x40;
      damaged.add(bytes);
    }
    damaged.add(Arrays.copyOf(whole, whole.length - 1));
    damaged.add(Arrays.copyOf(whole, 50));
    damaged.add(new byte[0]);
    for (byte[] bytes : damaged) {
      // A new file, as a mapped one must not change.
      Files.delete(encoded());
      Files.write(encoded(), bytes);
      Corpus corpus = open(Texts.data(file));
      assertThat(corpus.reused()).isFalse();
      assertThat(text(corpus)).isEqualTo("some text to encode");
      assertThat(Files.readAllBytes(encoded())).isEqualTo(whole);
    }
  }

  /** An engine would read beyond its memory for a character that its network does not have. */
  @Test
  void anEncodedTextForgedWithCharactersBeyondItsVocabularyIsMadeAgain() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    int characters = open(Texts.data(file)).vocabulary().size();
    ByteBuffer forged = ByteBuffer.wrap(Files.readAllBytes(encoded())).order(LITTLE_ENDIAN);
    forged.put(forged.capacity() - 1, (byte) characters);
    int start = (int) EncodedHeader.textOffset(characters);
    CRC32C checksum = new CRC32C();
    checksum.update(forged.slice(EncodedHeader.SIZE, 4 * characters));
    checksum.update(forged.slice(start, forged.capacity() - start));
    forged.putInt(44, (int) checksum.getValue());
    Files.delete(encoded());
    Files.write(encoded(), forged.array());

    Corpus corpus = open(Texts.data(file));

    assertThat(corpus.reused()).isFalse();
    assertThat(text(corpus)).isEqualTo("some text to encode");
  }

  @Test
  void anEncodedTextForgedToALengthBeyondAllNumbersIsMadeAgain() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode".repeat(30));
    open(Texts.data(file));
    ByteBuffer forged = ByteBuffer.wrap(Files.readAllBytes(encoded())).order(LITTLE_ENDIAN);
    forged.putLong(16, Long.MAX_VALUE);
    Files.delete(encoded());
    Files.write(encoded(), forged.array());

    assertThat(open(Texts.data(file)).reused()).isFalse();
  }

  @Test
  void aLinkLeadsTheEncodedTextNowhereElse() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    Path victim = Texts.write(directory, "victim.txt", "precious");
    Files.createDirectories(encoded().getParent());
    Files.createSymbolicLink(encoded().resolveSibling(".corpus.encoded.part"), victim);
    Files.createSymbolicLink(encoded(), victim);

    assertThat(text(open(Texts.data(file)))).isEqualTo("some text to encode");

    assertThat(victim).content().isEqualTo("precious");
    assertThat(Files.isSymbolicLink(encoded())).isFalse();
  }

  @Test
  void aVocabularyLongerThanAllOfUnicodeNeedsIsNotRead() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    Path huge = directory.resolve("huge.json");
    try (RandomAccessFile sparse = new RandomAccessFile(huge.toFile(), "rw")) {
      sparse.setLength(1L << 32);
    }
    Data data = Texts.data(Normalization.NONE, Newlines.LF, huge, UnknownCharacters.ERROR, file);
    assertThatThrownBy(() -> open(data))
        .isInstanceOf(TextException.class)
        .hasMessage(
            huge
                + ": not a vocabulary.json: it has 4,294,967,296 bytes, more than all of Unicode"
                + " needs");
  }

  @Test
  void largerVocabulariesTakeTwoAndFourBytes() {
    StringBuilder text = new StringBuilder();
    for (int c = 0x4E00; c < 0x4E00 + 300; c++) {
      text.appendCodePoint(c);
    }
    Corpus two = open(Texts.data(Texts.write(directory, "two.txt", text.toString())));
    assertThat(two.text().width()).isEqualTo(2);
    assertThat(text(two)).isEqualTo(text.toString());
    for (int c = 0x10000; c < 0x10000 + 70_000; c++) {
      text.appendCodePoint(c);
    }
    Corpus four = open(Texts.data(Texts.write(directory, "four.txt", text.toString())));
    assertThat(four.text().width()).isEqualTo(4);
    assertThat(text(four)).isEqualTo(text.toString());
    assertThat(four.text().at(70_299)).isEqualTo(70_299);
  }

  @Test
  void widthsChangeAt256And65536Characters() {
    assertThat(EncodedHeader.width(256)).isEqualTo(1);
    assertThat(EncodedHeader.width(257)).isEqualTo(2);
    assertThat(EncodedHeader.width(65_536)).isEqualTo(2);
    assertThat(EncodedHeader.width(65_537)).isEqualTo(4);
  }

  @Test
  void aTextInSeveralMappingsReadsAsOne() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.appendCodePoint(0x4E00 + i * 7 % 400);
    }
    Corpus corpus = open(Texts.data(Texts.write(directory, "a.txt", text.toString())));
    assertThat(corpus.text().width()).isEqualTo(2);
    for (int bits = 4; bits < 12; bits++) {
      EncodedText mapped = EncodedText.map(encoded(), bits);
      assertThat(mapped.text(0, 1000)).isEqualTo(text.toString());
      assertThat(mapped.text(5, 13)).isEqualTo(text.substring(5, 18));
      assertThat(mapped.isIntact(Watch.none())).isTrue();
    }
  }

  @Test
  void aKeptVocabularyKeepsItsIndices() {
    Path file = Texts.write(directory, "a.txt", "abcab");
    Path run = directory.resolve("other");
    assertThat(run.toFile().mkdir()).isTrue();
    Texts.write(run, "vocabulary.json", Vocabulary.of('c', 'x', 'b', 'a').toJson());
    Corpus corpus =
        open(Texts.data(Normalization.NONE, Newlines.LF, run, UnknownCharacters.ERROR, file));
    int[] indices = new int[5];
    corpus.text().read(0, 5, indices, 0, 1);
    assertThat(indices).containsExactly(3, 2, 0, 3, 2);
    assertThat(corpus.vocabulary().size()).isEqualTo(4);
  }

  @Test
  void anUnknownCharacterIsNamedWithItsPlace() throws IOException {
    Path a = Texts.write(directory, "a.txt", "abc\n");
    Path b = Texts.write(directory, "b.txt", "ab\r\nca\r\ncé");
    Path kept = Texts.write(directory, "v.json", Vocabulary.of("\nabc").toJson());
    assertThatThrownBy(
            () ->
                open(
                    Texts.data(
                        Normalization.NONE, Newlines.LF, kept, UnknownCharacters.ERROR, a, b)))
        .isInstanceOf(TextException.class)
        .hasMessage(
            b
                + ":3: 'é' (U+00E9), character 8 of the file, is not in the vocabulary of 4"
                + " characters; set data.unknown: replace, or train a new vocabulary without"
                + " data.vocabulary");
    assertThat(written()).isEmpty();
  }

  @Test
  void unknownCharactersAreReplacedByTheFirstOfThreeThatTheVocabularyHas() {
    Path file = Texts.write(directory, "a.txt", "aébèc");
    record Expected(String vocabulary, String text) {}
    for (Expected expected :
        List.of(
            new Expected("abc ?\uFFFD", "a\uFFFDb\uFFFDc"),
            new Expected("abc ?", "a?b?c"),
            new Expected("abc ", "a b c"))) {
      Path kept = Texts.write(directory, "v.json", Vocabulary.of(expected.vocabulary()).toJson());
      Corpus corpus =
          open(Texts.data(Normalization.NONE, Newlines.LF, kept, UnknownCharacters.REPLACE, file));
      assertThat(text(corpus)).isEqualTo(expected.text());
      assertThat(corpus.replaced()).isEqualTo(2);
    }
    Path kept = Texts.write(directory, "v.json", Vocabulary.of("abc").toJson());
    assertThatThrownBy(
            () ->
                open(
                    Texts.data(
                        Normalization.NONE, Newlines.LF, kept, UnknownCharacters.REPLACE, file)))
        .hasMessage(
            file
                + ":1: 'é' (U+00E9), character 2 of the file, is not in the vocabulary, and"
                + " data.unknown: replace has nothing to put there: the vocabulary has neither"
                + " '\uFFFD' (U+FFFD) nor '?' (U+003F) nor U+0020 (SPACE)");
  }

  @Test
  void aNewVocabularyUnderReplaceHasAPlaceForUnknownCharacters() {
    Path file = Texts.write(directory, "a.txt", "abc");
    Corpus corpus =
        open(Texts.data(Normalization.NONE, Newlines.LF, null, UnknownCharacters.REPLACE, file));
    assertThat(corpus.vocabulary()).isEqualTo(Vocabulary.of("abc\uFFFD"));
    assertThat(corpus.replaced()).isZero();
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
            TextProgress.none());
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
                    TextProgress.none()))
        .isInstanceOf(TextException.class);
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void malformedTextsAreRefused() {
    record Malformed(String message, int... bytes) {}
    for (Malformed malformed :
        List.of(
            new Malformed(
                "byte 2: not UTF-8: 0xE9 0x20: the last of these bytes cannot follow",
                'a',
                'b',
                0xE9,
                ' '),
            new Malformed("byte 1: not UTF-8: 0x80: no character starts with this byte", 'a', 0x80),
            new Malformed(
                "byte 0: not UTF-8: 0xC0: no character starts with this byte", 0xC0, 0xAF),
            new Malformed(
                "byte 0: not UTF-8: 0xE0 0x80 0xAF: a longer form than the character needs",
                0xE0,
                0x80,
                0xAF),
            new Malformed(
                "byte 0: not UTF-8: 0xF0 0x80 0x80 0x80: a longer form than the character needs",
                0xF0,
                0x80,
                0x80,
                0x80),
            new Malformed(
                "byte 1: not UTF-8: 0xED 0xA0 0x80: U+D800 is half of a UTF-16 pair, not a character",
                'a',
                0xED,
                0xA0,
                0x80),
            new Malformed(
                "byte 0: not UTF-8: 0xF4 0x90 0x80 0x80: beyond U+10FFFF, the last character",
                0xF4,
                0x90,
                0x80,
                0x80),
            new Malformed(
                "byte 0: not UTF-8: 0xF5: no character starts with this byte",
                0xF5,
                0x80,
                0x80,
                0x80),
            new Malformed(
                "byte 3: not UTF-8: 0xE2 0x82: the file ends in the middle of a character",
                'a',
                'b',
                'c',
                0xE2,
                0x82))) {
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
            ("%s: byte 0: not UTF-8: 0xFF: no character starts with this byte; it looks like"
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
        .hasMessageStartingWith(file + ": byte 150001: not UTF-8: 0xFF:");
  }

  @Test
  void textsWithNothingToLearnAreRefused() {
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
            "%s: its SHA-256 is %s, but data.sha256 is %s: not the corpus that was meant"
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
        List.of(0.9, 0.1, 0.0));
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
            file + ": the corpus changed while it was read; start again when nothing writes to it");
    assertThat(written()).isEmpty();
  }

  @Test
  void whereNothingCanBeWrittenIsSaid() {
    Path file = Texts.write(directory, "a.txt", "abc");
    assertThatThrownBy(() -> Corpus.open(Texts.data(file), Path.of("/proc/corpus.encoded")))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("/proc/.corpus.encoded.part: the encoded text cannot be written: ")
        .hasMessageEndingWith("; it needs 1 byte per character of the corpus");
  }
}
