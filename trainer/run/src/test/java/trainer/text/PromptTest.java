package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.ConfigurationLoader;
import trainer.config.Data;
import trainer.file.Watch;

final class PromptTest {
  private static Data data(String settings) {
    return ConfigurationLoader.parse(
            "data: {corpus: a.txt, %s}".formatted(settings), "a", List.of())
        .data();
  }

  /** Prompt and corpus must be the same text, or the network reads characters it never saw. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "normalize: none, newlines: lf",
        "normalize: nfc, newlines: lf",
        "normalize: none, newlines: keep",
        "normalize: nfc, newlines: keep"
      })
  void aPromptIsPreparedAsTheCorpus(String settings, @TempDir Path folder) throws IOException {
    String text = "\uFEFFe\u0301te\u0301\r\nand\rthen\r\n\r\n\uFEFF 각 \u1100\u1161\u11a8\r";
    Data data = data(settings);
    Path file = Files.writeString(folder.resolve("corpus.txt"), text);
    StringBuilder read = new StringBuilder();
    new SourceText(
            CorpusFiles.of(List.of(file)),
            data.encoding(),
            data.separator(),
            data.newlines(),
            data.normalize())
        .read(
            new CodePointSink() {
              @Override
              public void start(Path path) {}

              @Override
              public void accept(int[] codePoints, int count) {
                read.append(new String(codePoints, 0, count));
              }

              @Override
              public void finish() {}
            },
            Watch.none());

    assertThat(Prompt.of(text.getBytes(UTF_8), null, data)).isEqualTo(read.toString());
    assertThat(Prompt.of(text, data)).isEqualTo(read.toString());
  }

  private static String read(byte[] bytes, String encoding, String ofCorpus) {
    Charset given = encoding == null ? null : Charset.forName(encoding);
    return Prompt.of(bytes, given, data("encoding: " + ofCorpus));
  }

  @Test
  void aFileIsReadAsTheCorpusOrAsItIsSaid() {
    String text = "l'\u00e9t\u00e9 \u20ac";
    byte[] western = text.getBytes(Charset.forName("windows-1252"));
    byte[] wide = text.getBytes(UTF_16LE);
    assertThat(read(western, null, "windows-1252")).isEqualTo(text);
    assertThat(read(western, "windows-1252", "UTF-8")).isEqualTo(text);
    assertThat(read(text.getBytes(UTF_8), "UTF-8", "windows-1252")).isEqualTo(text);
    assertThat(read(("\uFEFF" + text).getBytes(UTF_8), null, "windows-1252")).isEqualTo(text);
    assertThat(read(wide, null, "UTF-16LE")).isEqualTo(text);
    assertThat(read("plain".getBytes(UTF_8), null, "windows-1252")).isEqualTo("plain");
    for (String odd : List.of("%PDF-1.4", "{\\rtf1", "a\0b\1\2\3\4", "GIF89a\1\2")) {
      assertThat(read(odd.getBytes(UTF_8), "UTF-8", "UTF-8")).isEqualTo(odd); // a person says so
    }
  }

  @Test
  void aFileOfAnotherKindOrEncodingIsRefused() {
    String text = "l'\u00e9t\u00e9 \u20ac";
    assertThatThrownBy(() -> read(text.getBytes(UTF_8), null, "windows-1252"))
        .isInstanceOf(TextException.class)
        .hasMessage("a text in UTF-8: add --encoding UTF-8");
    assertThatThrownBy(() -> read(("\uFEFF" + text).getBytes(UTF_16LE), null, "UTF-8"))
        .hasMessage("a text in UTF-16LE: add --encoding UTF-16LE");
    assertThatThrownBy(() -> read(new byte[] {0x1F, (byte) 0x8B, 8}, null, "UTF-8"))
        .hasMessage("a gzip file, not a text");
    byte[] latin1 = {'a', 'b', (byte) 0xE9, 'c'};
    assertThatThrownBy(() -> read(latin1, null, "UTF-8"))
        .hasMessage(
            "byte 2: not UTF-8: 0xE9: add --encoding NAME with its encoding, such as windows-1252");
    byte[] cut = {'a', (byte) 0xC3};
    assertThatThrownBy(() -> read(cut, "UTF-8", "UTF-8"))
        .hasMessageStartingWith("byte 1: not UTF-8: 0xC3");
  }

  @Test
  void noPromptIsNone() {
    assertThat(Prompt.of(null, data("newlines: lf"))).isNull();
    assertThat(Prompt.of(new byte[0], null, data("newlines: lf"))).isEmpty();
  }

  /** The text is taken as given; the message says how the vocabulary has its characters. */
  @Test
  void anotherNormalizationIsNamed() {
    Vocabulary composed = Vocabulary.of("\u00e9t");
    Vocabulary parts = Vocabulary.of("e\u0301t");
    assertThatThrownBy(() -> composed.encode("te\u0301"))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("character 2 of the text, 'e' (U+0065), is not");
    assertThatThrownBy(() -> Vocabulary.of("\u00e9te").encode("te\u0301"))
        .hasMessageEndingWith(
            "; '\u00e9' (U+00E9), which has it, is (NFC): convert the text, as with uconv -x nfc");
    assertThatThrownBy(() -> parts.encode("t\u00e9"))
        .hasMessageEndingWith("; its parts are (NFD): convert the text, as with uconv -x nfd");
    assertThatThrownBy(() -> parts.encode("\u0302")).hasMessageEndingWith(": et\u0301");
  }

  @Test
  void aBackslashAndAnNMayBeMeantAsANewline() {
    Vocabulary both = Vocabulary.of("\n\\abn");
    assertThat(Prompt.isAmbiguous("a\\nb", both)).isTrue();
    assertThat(Prompt.isAmbiguous("a\nb", both)).isFalse();
    assertThat(Prompt.isAmbiguous("a\\nb", Vocabulary.of("\nabn"))).isFalse();
    assertThat(Prompt.isAmbiguous("a\\nb", Vocabulary.of("\\abn"))).isFalse();
  }
}
