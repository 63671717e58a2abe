package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Seeds;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.Separator;
import trainer.file.Watch;

final class SourceTextTest {
  /** Collects characters, file by file. */
  private static final class Collected implements CodePointSink {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void start(Path file) {}

    @Override
    public void accept(int[] codePoints, int count) {
      for (int i = 0; i < count; i++) {
        text.appendCodePoint(codePoints[i]);
      }
    }

    @Override
    public void finish() {}

    @Override
    public String toString() {
      return text.toString();
    }
  }

  private static String read(Newlines newlines, Normalization normalization, Path... files) {
    Collected collected = new Collected();
    new SourceText(
            new CorpusFiles(List.of(files), Confinement.none()),
            StandardCharsets.UTF_8,
            Separator.NONE,
            newlines,
            normalization)
        .read(collected, Watch.none());
    return collected.toString();
  }

  /** Decodes bytes in pieces of a size. */
  private static String decode(byte[] bytes, int piece, CodePointSink sink) {
    TextDecoder decoder = new TextDecoder("text", StandardCharsets.UTF_8, sink);
    sink.start(Path.of("text"));
    for (int from = 0; from < bytes.length; from += piece) {
      int size = Math.min(piece, bytes.length - from);
      byte[] part = new byte[size];
      System.arraycopy(bytes, from, part, 0, size);
      decoder.accept(part, size);
    }
    decoder.finish();
    sink.finish();
    return sink.toString();
  }

  /**
   * Characters of one, two, three and four bytes, below, at and above the surrogates; no control
   * characters, of which only binary files have many.
   */
  private static final int[][] RANGES = {
    {' ', 0x7F}, {' ', 0x7F}, {0x80, 0x7FF}, {0x800, 0xD7FF}, {0xE000, 0xFFFF}, {0x10000, 0x10FFFF}
  };

  /** Up to 200 characters, every eighth the first or last of its range. */
  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(201); left > 0; left--) {
      int[] range = RANGES[random.nextInt(RANGES.length)];
      text.appendCodePoint(
          random.nextInt(8) == 0
              ? range[random.nextInt(2)]
              : random.nextInt(range[0], range[1] + 1));
    }
    return text.toString();
  }

  /** Letters and combining marks of Latin, Hangul, Indic and other scripts in random order. */
  private static String combining(SplittableRandom random) {
    int[] letters = {
      'a', 'e', 'o', 'q', ' ', '\n', 0xC5, 0x212B, 0x1E9B, 0x323, 0x301, 0x308, 0x30A, 0x327, 0x345,
      0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x304B, 0x3099, 0x09C7, 0x09BE, 0x0DD9, 0x0DCF,
      0x0DCA, 0x0F71, 0x0F72, 0x0F73, 0x0344, 0x0374, 0x2126, 0xF900, 0xFB1D, 0x1D15E, 0x1D165,
      0x11099, 0x110BA, 0x1F71, 0x0958, 0x4E00, 0x1F600
    };
    return random
        .ints(random.nextInt(61), 0, letters.length)
        .map(i -> letters[i])
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @Seeds(150)
  void decodesLikeJavaInPiecesOfAnySize(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    assertDecodes(text(random), random.nextInt(1, 10));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 9})
  void decodesTheFirstAndLastCharacterOfEachLength(int piece) {
    assertDecodes("", piece);
    assertDecodes("\1\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF", piece);
    assertDecodes(new String(new int[] {0x10000, 0x10FFFF}, 0, 2), piece);
    assertDecodes("\uFEFF", piece);
    assertDecodes("\uFEFF\uFEFFa", piece);
  }

  private static void assertDecodes(String text, int piece) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String expected = text.startsWith("\uFEFF") ? text.substring(1) : text;
    assertThat(decode(bytes, piece, new Collected())).isEqualTo(expected);
  }

  @Seeds(800)
  void malformedBytesAreFoundWhereJavaFindsThem(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = (text(random) + "x").getBytes(StandardCharsets.UTF_8);
    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(1, 256);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    boolean malformed = StandardCharsets.UTF_8.newDecoder().decode(in, out, true).isError();
    String actual;
    try {
      decode(bytes, 3, new Collected());
      actual = "well-formed";
    } catch (TextException e) {
      actual = e.getMessage();
    }
    if (malformed) {
      assertThat(actual).contains(": byte %d: not UTF-8: 0x".formatted(in.position()));
    } else {
      assertThat(actual).isEqualTo("well-formed");
    }
  }

  @Seeds(800)
  void normalizesPiecesLikeTheWholeText(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    String text = combining(random);
    int piece = random.nextInt(1, 6);
    Collected collected = new Collected();
    NfcFilter filter = new NfcFilter(collected);
    filter.start(Path.of("text"));
    int[] codePoints = text.codePoints().toArray();
    for (int from = 0; from < codePoints.length; from += piece) {
      int size = Math.min(piece, codePoints.length - from);
      filter.accept(Arrays.copyOfRange(codePoints, from, from + size), size);
    }
    filter.finish();
    assertThat(collected.toString()).isEqualTo(Normalizer.normalize(text, Normalizer.Form.NFC));
  }

  /** Over all of this Java's Unicode version. */
  @Test
  void normalizationNeverCrossesABoundary() {
    // Characters that join the preceding one, found by decomposing all characters.
    Set<Integer> joining = new HashSet<>();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Vocabulary.isCharacter(c) && Character.isDefined(c)) {
        String text = Character.toString(c);
        String canonical = Normalizer.normalize(text, Normalizer.Form.NFD);
        if (NfcFilter.startsPiece(c)) {
          assertThat(NfcFilter.startsPiece(canonical.codePointAt(0))).as("U+%04X", c).isTrue();
        }
        if (canonical.length() > text.length()
            && Normalizer.normalize(canonical, Normalizer.Form.NFC).equals(text)) {
          canonical.codePoints().skip(1).forEach(joining::add);
        }
      }
    }
    assertThat(joining).hasSizeGreaterThan(50).contains(0x301, 0x1161, 0x11A8, 0x09BE);
    assertThat(joining).noneMatch(NfcFilter::startsPiece);
  }

  @Test
  void crLfAndLoneCrBecomeLf(@TempDir Path directory) {
    Path file = Texts.write(directory, "dos.txt", "a\r\nb\rc\n\r\n\r\r\n\nd\r");
    assertThat(read(Newlines.LF, Normalization.NONE, file)).isEqualTo("a\nb\nc\n\n\n\n\nd\n");
    assertThat(read(Newlines.KEEP, Normalization.NONE, file))
        .isEqualTo("a\r\nb\rc\n\r\n\r\r\n\nd\r");
  }

  @Test
  void crLfIsOneNewlineAcrossBlocks(@TempDir Path directory) {
    StringBuilder text = new StringBuilder("x");
    for (int i = 0; i < 100_000; i++) {
      text.append("\r\n");
    }
    Path file = Texts.write(directory, "long.txt", text.toString());
    assertThat(read(Newlines.LF, Normalization.NONE, file)).isEqualTo("x" + "\n".repeat(100_000));
  }

  @Test
  void filesFollowOneAnotherEachNormalizedByItself(@TempDir Path directory) {
    Path one = Texts.write(directory, "1.txt", "\uFEFFe\r");
    Path two = Texts.write(directory, "2.txt", "\uFEFF\n\u0301e\u0301\uFEFF");
    assertThat(read(Newlines.LF, Normalization.NFC, one, two)).isEqualTo("e\n\n\u0301\u00E9\uFEFF");
  }

  @Test
  void tooManyCombiningMarksAreRefusedNotBuffered(@TempDir Path directory) {
    Path file = Texts.write(directory, "marks.txt", "a" + "\u0301".repeat(100_000));
    assertThatThrownBy(() -> read(Newlines.LF, Normalization.NFC, file))
        .isInstanceOf(TextException.class)
        .hasMessage(
            file
                + ": more than 65,536 combining characters in a row after 'a' (U+0061): not a"
                + " text that can be normalized; set data.normalize: none");
  }
}
