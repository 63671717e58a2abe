package trainer.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ShellWordTest {
  @Test
  void onlyWordsThatNeedQuotesHaveThem() {
    assertThat(ShellWord.of(Path.of("models/small-1.2_b"))).isEqualTo("models/small-1.2_b");
    assertThat(ShellWord.of(Path.of("my runs/a"))).isEqualTo("'my runs/a'");
    assertThat(ShellWord.of(Path.of("it's"))).isEqualTo("'it'\\''s'");
    assertThat(ShellWord.of(Path.of("-rf"))).isEqualTo("./-rf");
    assertThat(ShellWord.of("")).isEqualTo("''");
    assertThat(ShellWord.of("a\n'b'")).isEqualTo("$'a\\u000a\\'b\\''");
  }

  @Test
  void aNameInAMessageStaysOnItsLine() {
    assertThat(ShellWord.shown(Path.of("my runs/it's"))).isEqualTo("my runs/it's");
    assertThat(ShellWord.shown(Path.of("a\nb"))).isEqualTo("$'a\\u000ab'");
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        "it's",
        "$HOME `id` $(id)",
        "a\nb",
        "\t\r\u001b[31m\u007f\u0085",
        "back\\slash\\n",
        "back\\slash\n'",
        "*?[x]{a,b}~#!&;|<>()",
        "~",
        "été 日本 😀",
        "\"",
        ""
      })
  void aShellReadsTheSameWord(String word) throws IOException {
    Process shell =
        new ProcessBuilder("bash", "-c", "printf %s " + ShellWord.of(word))
            .redirectErrorStream(true)
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes(), UTF_8)).isEqualTo(word);
  }

  @ParameterizedTest
  @CsvSource({"ab, ab", "abcd, abcd", "abc😀, abc…", "ab😀, ab😀", "abcdef, abcd…", "ab😀d, ab😀…"})
  void aLongTextIsCutBetweenTwoCharacters(String text, String shortened) {
    assertThat(ShellWord.shortened(text, 4)).isEqualTo(shortened);
  }
}
