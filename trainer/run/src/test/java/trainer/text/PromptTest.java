package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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

    assertThat(Prompt.of(text.getBytes(UTF_8), data)).isEqualTo(read.toString());
    assertThat(Prompt.of(text.substring(1), data)).isEqualTo(read.toString());
  }

  @Test
  void bytesMustBeUtf8() {
    byte[] latin1 = {'a', 'b', (byte) 0xE9, 'c'};
    assertThatThrownBy(() -> Prompt.of(latin1, data("newlines: lf")))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("byte 2: not UTF-8: 0xE9; convert it");
    byte[] cut = {'a', (byte) 0xC3};
    assertThatThrownBy(() -> Prompt.of(cut, data("newlines: lf")))
        .hasMessageStartingWith("byte 1: not UTF-8: 0xC3");
  }

  @Test
  void noPromptIsNone() {
    assertThat(Prompt.of((String) null, data("newlines: lf"))).isNull();
    assertThat(Prompt.of(new byte[0], data("newlines: lf"))).isEmpty();
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
