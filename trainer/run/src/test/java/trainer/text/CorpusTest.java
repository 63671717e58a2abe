package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.Separator;
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
    assertThat(corpus.files()).isEqualTo(a + ", b.txt");
    assertThat(corpus.sha256()).isEqualTo(Sha256.hex("Ünïcode 😀\r\ntext"));
    assertThat(Corpus.sha256(Texts.data(a, b), Confinement.none(), () -> false))
        .isEqualTo(corpus.sha256());
    assertThatThrownBy(() -> Corpus.sha256(Texts.data(a, b), Confinement.none(), () -> true))
        .isInstanceOf(CancellationException.class);
    assertThat(corpus.unknown().count()).isZero();
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
            Confinement.none(),
            data,
            Vocabulary.of("ab\n\uFFFD"),
            null,
            temporary,
            () -> false,
            (done, total) ->
                assertThat(temporary).as("after a kill at any time").isEmptyDirectory());
    assertThat(text(corpus)).isEqualTo("ab\nba\uFFFD");
    assertThat(temporary).isEmptyDirectory();
    assertThatThrownBy(
            () ->
                Corpus.openForeign(
                    List.of(file.toString()),
                    Confinement.none(),
                    data,
                    Vocabulary.of("xyz"),
                    "leave it out",
                    temporary,
                    () -> false,
                    ByteProgress.none()))
        .isInstanceOf(TextException.class)
        .hasMessage(
            file
                + ":1: 'a' (U+0061), character 1 of the file, is not in the vocabulary of 3"
                + " characters; leave it out");
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
          .hasMessageStartingWith(
              "%s:1: %s; set data.encoding (evaluate: --encoding)"
                  .formatted(file, malformed.message()));
    }
  }

  /** Of each kind, the beginning as its programs write it. */
  @Test
  void whatAFileIsInsteadOfATextIsSaid() {
    record Kind(String name, String command, String hex) {}
    for (Kind kind :
        List.of(
            new Kind("a gzip file", "gzip -dc F > 'F.txt'", "1F8B0800"),
            new Kind("a bzip2 file", "bzip2 -dc F", "425A6835314159265359"),
            new Kind("an xz file", "xz -dc F", "FD377A585A000004"),
            new Kind("a zstd file", "zstd -dc F", "28B52FFD2400"),
            new Kind("a zip archive", "unzip -p F > 'F.txt'", "504B0304140000000800"),
            new Kind("(docx, odt, epub)", "pandoc", "504B0304" + hex("__word/document.xml")),
            new Kind(
                "(docx, odt, epub)", "pandoc", "504B0304" + hex("mimetypeapplication/epub+zip")),
            new Kind("a PDF document", "pdftotext F 'F.txt'", hex("%PDF-1.7\n")),
            new Kind("a PNG image", "tesseract F", "89504E470D0A1A0A0000"),
            new Kind("a JPEG image", "tesseract F", "FFD8FFE000104A464946"),
            new Kind("a GIF image", "save its text", hex("GIF89a") + "0100"),
            new Kind("an SQLite database", "sqlite3 F .dump", hex("SQLite format 3") + "00"),
            new Kind("an ELF program", "save its text", "7F454C46020101"),
            new Kind("a tar archive", "tar -xOf F", "61".repeat(257) + hex("ustar")))) {
      Path file = Texts.write(directory, "a b.txt", HexFormat.of().parseHex(kind.hex()));
      assertThatThrownBy(() -> open(Texts.data(file)))
          .as(kind.name())
          .isInstanceOf(TextException.class)
          .hasMessageStartingWith(file + ": ")
          .hasMessageContaining(kind.name())
          .hasMessageContaining(
              kind.command()
                  .replace("'F.txt'", "'" + file + ".txt'")
                  .replace(" F", " '" + file + "'"));
    }
  }

  @Test
  void moreKindsAreRecognised() {
    byte[] zeros = new byte[60];
    byte[] mobi = concatenated(zeros, "BOOKMOBI".getBytes(StandardCharsets.US_ASCII));
    record Kind(String name, byte[] bytes) {}
    for (Kind kind :
        List.of(
            new Kind(
                "a pointer of Git LFS, not a text; get the file itself: git lfs pull",
                "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
                    .getBytes(StandardCharsets.US_ASCII)),
            new Kind("an RTF document", "{\\rtf1\\ansi Text}".getBytes(StandardCharsets.US_ASCII)),
            new Kind("a Mobipocket book", mobi),
            new Kind("a GGUF model", HexFormat.of().parseHex("4747554603000000")),
            new Kind("a zstd file", HexFormat.of().parseHex("502A4D180400000061")),
            new Kind("an lzma file", HexFormat.of().parseHex("5D00008000FF")))) {
      Path file = Texts.write(directory, "a.txt", kind.bytes());
      assertThatThrownBy(() -> open(Texts.data(file))).hasMessageContaining(kind.name());
    }
  }

  private static byte[] concatenated(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** In every encoding that has a character for each byte, too. */
  @Test
  void aFileOfAnyOtherKindIsCalledBinary() {
    byte[] noise = new byte[500];
    new Random(1).nextBytes(noise);
    for (int i = 0; i < noise.length; i++) {
      noise[i] = noise[i] == 0 ? 1 : noise[i]; // U+0000 has its own message
    }
    Path file = Texts.write(directory, "a b", noise);
    for (String encoding : List.of("UTF-8", "ISO-8859-1", "windows-1252", "IBM037", "GB18030")) {
      assertThatThrownBy(() -> open(Texts.data(file).with(Charset.forName(encoding), null)))
          .as(encoding)
          .hasMessage("%s: a binary file, not a text; save its text as a file".formatted(file));
    }
    String log = "\u001b[31mred\u001b[0m\b\b\f field\u0001field\u0001field\u001f\n".repeat(99);
    assertThat(text(open(Texts.data(Texts.write(directory, "log", log))))).isEqualTo(log);
    String words = "BM and GIF89a\0 are words";
    assertThatThrownBy(() -> open(Texts.data(Texts.write(directory, "words", words.repeat(9)))))
        .hasMessageContaining("U+0000");
  }

  @Test
  void aTextInUtf8IsNotReadInAnotherEncoding() {
    String plain = "Plain ASCII, for long.\n".repeat(9_999);
    String accents = "\u00e9\u00e8\u20ac\u65e5";
    Path late = Texts.write(directory, "late.txt", plain + accents.repeat(3));
    for (String encoding : List.of("ISO-8859-1", "windows-1251", "KOI8-R", "IBM850")) {
      Charset charset = Charset.forName(encoding);
      assertThatThrownBy(() -> open(Texts.data(late).with(charset, null)))
          .as(encoding)
          .hasMessage(
              "%1$s: a text in UTF-8; set data.encoding: UTF-8 (evaluate: --encoding), or make a text in %2$s of it: iconv -f UTF-8 -t %2$s %1$s > %1$s.txt"
                  .formatted(late, encoding));
    }
    Path ascii = Texts.write(directory, "ascii.txt", plain);
    for (String encoding : List.of("UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32")) {
      assertThatThrownBy(() -> open(Texts.data(ascii).with(Charset.forName(encoding), null)))
          .as(encoding)
          .hasMessageContaining(": a text in UTF-8; set data.encoding: UTF-8");
    }
    Charset latin1 = StandardCharsets.ISO_8859_1;
    assertThat(text(open(Texts.data(ascii).with(latin1, null)))).isEqualTo(plain);
    String few = plain + "\u00c3\u00a9 is what becomes of \u00e9";
    Path latin = Texts.write(directory, "latin.txt", few.getBytes(latin1));
    assertThat(text(open(Texts.data(latin).with(latin1, null)))).isEqualTo(few);
  }

  /** Another encoding would make other letters of the part that is right. */
  @Test
  void aTextThatIsDamagedInTheMiddleIsNotCalledAnotherEncoding() throws IOException {
    Path mixed =
        Texts.write(
            directory,
            "a.txt",
            concatenated(
                "\u00e9t\u00e9\n".getBytes(StandardCharsets.UTF_8), new byte[] {(byte) 0xE9}));
    assertThatThrownBy(() -> open(Texts.data(mixed)))
        .hasMessage(
            "%1$s:2: byte 6: not UTF-8: 0xE9; the text before it is, so the file is damaged here, or has a part in another encoding: correct it, or leave out what is malformed: iconv -c -f UTF-8 -t UTF-8 %1$s > %1$s.txt"
                .formatted(mixed));
    Files.writeString(directory.resolve("a.txt.txt"), "kept");
    assertThatThrownBy(() -> open(Texts.data(mixed)))
        .hasMessageEndingWith(" > %s-2.txt".formatted(mixed));
    byte[] wide = "text\n".repeat(9).getBytes(StandardCharsets.UTF_16LE);
    Path odd = Texts.write(directory, "b.txt", Arrays.copyOf(wide, wide.length - 1));
    assertThatThrownBy(() -> open(Texts.data(odd).with(StandardCharsets.UTF_16LE, null)))
        .hasMessageContaining("leave out what is malformed: iconv -c -f UTF-16LE");
  }

  @Test
  void wideTextsWithoutAsciiAreRecognised() {
    String japanese = "\u6d77\u306f\u9759\u304b\u3067\u3001\u8239\u306f\u3002".repeat(99);
    String russian = "\u043c\u043e\u0440\u0435".repeat(99);
    for (String name : List.of("UTF-32LE", "UTF-32BE")) {
      for (String text : List.of(japanese, russian)) {
        Path file = Texts.write(directory, "a.txt", text.getBytes(Charset.forName(name)));
        assertThatThrownBy(() -> open(Texts.data(file))).hasMessageContaining("a text in " + name);
      }
    }
    for (String name : List.of("UTF-16LE", "UTF-16BE")) {
      Path file = Texts.write(directory, "a.txt", japanese.getBytes(Charset.forName(name)));
      assertThatThrownBy(() -> open(Texts.data(file))).hasMessageContaining("a text in " + name);
    }
  }

  private static String hex(String ascii) {
    return HexFormat.of().formatHex(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void namesOfKindsAreWords() {
    for (String text :
        List.of("GIF89a is a format\n", "BMW\n", "RIFF\n", "PAR1\n", "PK is Pakistan")) {
      Path file = Texts.write(directory, "a.txt", text);
      assertThat(open(Texts.data(file)).length()).isEqualTo(text.length());
    }
  }

  @Test
  void theEncodingsWithBytesOfZeroAreRecognised() {
    String english = "A text with spaces.\nTwo lines.\n";
    String russian = "Текст по-русски.\nВторая строка.\n";
    String chinese = "中文的文字沒有空格\n第二行\n";
    for (String text : List.of(english, russian, chinese)) {
      for (String name : List.of("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE")) {
        Charset encoding = Charset.forName(name);
        for (String mark : List.of("", "\uFEFF")) {
          Path file = Texts.write(directory, "a.txt", (mark + text).getBytes(encoding));
          assertThatThrownBy(() -> open(Texts.data(file)))
              .as(name + mark + text)
              .hasMessage(
                  "%1$s: a text in %2$s; set data.encoding: %2$s (evaluate: --encoding), or make a text in UTF-8 of it: iconv -f %2$s -t UTF-8 %1$s > %1$s.txt"
                      .formatted(file, name));
          Corpus corpus = open(Texts.data(file).with(encoding, Separator.LINE));
          assertThat(text(corpus)).isEqualTo(text);
        }
      }
    }
    Path little = Texts.write(directory, "a.txt", english.getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> open(Texts.data(little).with(StandardCharsets.UTF_16, null)))
        .hasMessageContaining("a text in UTF-16LE");
  }

  @Test
  void blocksPutAllPartsOfTheTextIntoEachSplit() {
    String text = "a".repeat(100) + "b".repeat(100) + "c".repeat(100);
    Data end = Texts.data(Texts.write(directory, "a.txt", text));
    for (int blocks : new int[] {1, 3}) {
      Data data = end.withSplitBlocks(blocks);
      Corpus corpus = open(end).ordered(data, 1);
      Split validation = corpus.splits(data).validation();
      assertThat(corpus.text().text(validation.from(), (int) validation.length()))
          .isEqualTo(blocks == 1 ? "c".repeat(15) : "a".repeat(5) + "b".repeat(5) + "c".repeat(5));
    }
  }

  @Test
  void aZeroIsNoCharacterOfAText() {
    Path file = Texts.write(directory, "a b.txt", "one\ntwo\nthr\0ee".repeat(10));
    assertThatThrownBy(() -> open(Texts.data(file)))
        .hasMessage(
            "%1$s:3: U+0000 (NULL), which no text has; if the rest is text, remove it: tr -d '\\000' < '%1$s' > '%1$s.txt'"
                .formatted(file));
    Path late = Texts.write(directory, "c.txt", "ab\n".repeat(50_000) + "\0");
    assertThatThrownBy(() -> open(Texts.data(late)))
        .hasMessageStartingWith(late + ":50001: U+0000");
  }

  @Test
  void anEncodingIsReadAsItIs() {
    record Case(String encoding, String text) {}
    for (Case test :
        List.of(
            new Case("windows-1252", "Wörter für €5\r\n"),
            new Case("windows-1251", "Привет, мир\n"),
            new Case("KOI8-R", "Привет, мир\n"),
            new Case("GB18030", "汉字和😀\n"),
            new Case("Shift_JIS", "日本語のテキスト\n"),
            new Case("EUC-JP", "日本語のテキスト\n"),
            new Case("EUC-KR", "한국어 글\n"),
            new Case("ISO-2022-JP", "日本語\nabc"),
            new Case("Big5", "中文\n"),
            new Case("IBM1047", "EBCDIC text\n"))) {
      Charset encoding = Charset.forName(test.encoding());
      String text = test.text().repeat(5_000); // several blocks
      Path file = Texts.write(directory, "a.txt", text.getBytes(encoding));
      Corpus corpus = open(Texts.data(file).with(encoding, null));
      assertThat(text(corpus)).as(test.encoding()).isEqualTo(text.replace("\r\n", "\n"));
    }
  }

  @Test
  void bytesThatAnEncodingLacksAreRefused() {
    Path file = Texts.write(directory, "a.txt", new byte[] {'a', '\n', 'b', (byte) 0x81, 'c'});
    for (String encoding : List.of("windows-1252", "EUC-KR", "US-ASCII")) {
      assertThatThrownBy(() -> open(Texts.data(file).with(Charset.forName(encoding), null)))
          .hasMessageStartingWith(file + ":2: byte 3: not " + encoding + ": 0x81");
    }
    Path odd = Texts.write(directory, "b.txt", new byte[] {'a', 0, 'b', 0, 'c'});
    assertThatThrownBy(() -> open(Texts.data(odd).with(StandardCharsets.UTF_16LE, null)))
        .hasMessageStartingWith(odd + ":1: byte 4: not UTF-16LE: 0x63");
  }

  @Test
  void theMarkOfUtf8DecidesInEveryEncoding() {
    Path marked = Texts.write(directory, "a.txt", "\uFEFFné\n");
    byte[] latin = "né".getBytes(StandardCharsets.ISO_8859_1);
    Path plain = Texts.write(directory, "b.txt", latin);
    Data data = Texts.data(marked, plain).with(StandardCharsets.ISO_8859_1, null);
    assertThat(text(open(data))).isEqualTo("né\nné");
  }

  @Test
  void filesAreJoinedWithALineEndWhereOneLacksIt() {
    Path[] files = {
      Texts.write(directory, "1.txt", "one"),
      Texts.write(directory, "2.txt", "two\r\n"),
      Texts.write(directory, "3.txt", "\uFEFF"),
      Texts.write(directory, "4.txt", "four")
    };
    Data data = Texts.data(files);
    assertThat(text(open(data))).isEqualTo("one\ntwo\nfour");
    assertThat(text(open(data.with(StandardCharsets.UTF_8, Separator.LINE))))
        .isEqualTo("one\ntwo\nfour");
    assertThat(text(open(data.with(StandardCharsets.UTF_8, Separator.NONE))))
        .isEqualTo("onetwo\nfour");
    Data kept = Texts.data(Normalization.NFC, Newlines.KEEP, null, UnknownCharacters.ERROR, files);
    assertThat(text(open(kept))).isEqualTo("one\ntwo\r\nfour");
  }

  /** Encoded texts of runs from before these keys are found again. */
  @Test
  void theKeyOfATextInUtf8WithoutSeparatorIsAsBefore() {
    Path one = Texts.write(directory, "1.txt", "one");
    Path two = Texts.write(directory, "2.txt", "two");
    open(Texts.data(one));
    assertThat(open(Texts.data(one).with(StandardCharsets.UTF_8, Separator.NONE)).reused())
        .isTrue();
    Data joined = Texts.data(one, two);
    assertThat(open(joined).reused()).isFalse();
    assertThat(open(joined.with(StandardCharsets.UTF_8, Separator.NONE)).reused()).isFalse();
    assertThat(open(joined.with(StandardCharsets.ISO_8859_1, Separator.NONE)).reused()).isFalse();
  }

  @Test
  void vocabularyAndTextStayInTheirFolders() throws IOException {
    Path texts = Files.createDirectory(directory.resolve("texts"));
    Path file = Texts.write(texts, "a.txt", "abc");
    Path outside = Texts.write(directory, "vocabulary.json", Vocabulary.of("abc").toJson());
    Path link = Files.createSymbolicLink(texts.resolve("v.json"), outside);
    Data data = Texts.data(Normalization.NONE, Newlines.LF, link, UnknownCharacters.ERROR, file);
    Confinement confinement = new Confinement(List.of(texts));
    assertThatThrownBy(
            () -> Corpus.open(data, confinement, encoded(), () -> false, ByteProgress.none()))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith(link + ": leads out of the folders");
    assertThat(open(data).length()).isEqualTo(3);
  }

  @Test
  void aVocabularyThatIsNoTextIsNamed() {
    Path file = Texts.write(directory, "a.txt", "abc");
    Path zip = Texts.write(directory, "v.json", HexFormat.of().parseHex("1F8B0800"));
    Data data = Texts.data(Normalization.NONE, Newlines.LF, zip, UnknownCharacters.ERROR, file);
    assertThatThrownBy(() -> open(data)).hasMessageStartingWith(zip + ": a gzip file, not a text");
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
        .hasMessageStartingWith(file + ":1: byte 150001: not UTF-8: 0xFF;");
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
        StandardCharsets.UTF_8,
        null,
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
        Confinement.none(),
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
                      Confinement.none(),
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
                      Confinement.none(),
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
                    Confinement.none(),
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
