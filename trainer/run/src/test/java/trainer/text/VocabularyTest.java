package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VocabularyTest {
  @Test
  void indexesCharactersInCodePointOrder() {
    Vocabulary vocabulary = Vocabulary.of("hello, wörld 😀😀");
    assertThat(vocabulary.codePoints())
        .containsExactly(' ', ',', 'd', 'e', 'h', 'l', 'o', 'r', 'w', 'ö', 0x1F600);
    assertThat(vocabulary.size()).isEqualTo(11);
    for (int index = 0; index < vocabulary.size(); index++) {
      assertThat(vocabulary.index(vocabulary.codePoint(index))).isEqualTo(index);
    }
    assertThat(vocabulary.index('z')).isEqualTo(-1);
    assertThat(vocabulary.index(-1)).isEqualTo(-1);
    assertThat(vocabulary.index(0x110000)).isEqualTo(-1);
    assertThat(vocabulary.contains(0x1F600)).isTrue();
    assertThat(vocabulary.contains(0xD83D)).isFalse();
    assertThat(vocabulary.character(10)).isEqualTo("😀");
  }

  @Test
  void encodesAndDecodesCodePointsNotJavaChars() {
    Vocabulary vocabulary = Vocabulary.of("ab😀");
    assertThat(vocabulary.encode("a😀b")).containsExactly(0, 2, 1);
    assertThat(vocabulary.decode(2, 0, 2)).isEqualTo("😀a😀");
    assertThat(vocabulary.encode("")).isEmpty();
  }

  @Test
  void namesTheUnknownCharacterOfAPrompt() {
    Vocabulary vocabulary = Vocabulary.of("\nabc");
    assertThatThrownBy(() -> vocabulary.encode("ab😀z"))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "character 3 of the text, '😀' (U+1F600), is not in the vocabulary of 4 characters:"
                + " \\nabc");
    assertThatThrownBy(() -> vocabulary.encode("\t"))
        .hasMessageStartingWith(
            "character 1 of the text, U+0009 (CHARACTER TABULATION), is not in the vocabulary");
  }

  @Test
  void roundTripsThroughJson() {
    Vocabulary vocabulary =
        Vocabulary.of(
            'z', '\n', 0, '"', '\\', ' ', 0xA0, 0x301, 0xE9, 0xFEFF, 0x2028, 0x1F600, 0x10FFFF,
            0xE000);
    String json = vocabulary.toJson();
    assertThat(Vocabulary.fromJson(json, "x")).isEqualTo(vocabulary).hasSameHashCodeAs(vocabulary);
    assertThat(json)
        .startsWith(
            """
            {"version": 1, "characters": [
              {"index": 0, "code_point": 122, "character": "z"},
              {"index": 1, "code_point": 10, "character": "\\n"},
              {"index": 2, "code_point": 0, "character": "\\u0000"},
              {"index": 3, "code_point": 34, "character": "\\""},
              {"index": 4, "code_point": 92, "character": "\\\\"},
              {"index": 5, "code_point": 32, "character": " "},
              {"index": 6, "code_point": 160, "character": "\\u00A0"},
              {"index": 7, "code_point": 769, "character": "\\u0301"},
              {"index": 8, "code_point": 233, "character": "é"},
            """)
        .endsWith("\"character\": \"\\uE000\"}\n]}\n");
  }

  @Test
  void isReadFromAFileOrARunDirectory(@TempDir Path run) {
    Vocabulary vocabulary = Vocabulary.of("abc");
    Path file = Texts.write(run, "vocabulary.json", vocabulary.toJson());
    assertThat(Vocabulary.read(file)).isEqualTo(vocabulary);
    assertThat(Vocabulary.read(run)).isEqualTo(vocabulary);
  }

  @Test
  void aMissingFileNamesTheExpectedOnes(@TempDir Path run) {
    assertThatThrownBy(() -> Vocabulary.read(run))
        .isInstanceOf(TextException.class)
        .hasMessage(
            run
                + ": no vocabulary.json in this directory; data.vocabulary names a run directory"
                + " or a vocabulary.json");
    assertThatThrownBy(() -> Vocabulary.read(run.resolve("v.json")))
        .hasMessage(
            run.resolve("v.json")
                + ": no such file; data.vocabulary names a run directory or a vocabulary.json");
    Path latin = Texts.write(run, "latin.json", new byte[] {'"', (byte) 0xE9, '"'});
    assertThatThrownBy(() -> Vocabulary.read(latin))
        .hasMessage(latin + ": not a vocabulary.json: not UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      ``                                            | v: not a vocabulary.json: expected an object with 'version' and 'characters'
      {                                             | v:1:2: not JSON: Unexpected end-of-input: expected close marker for Object
      [97, 98]                                      | v: not a vocabulary.json: expected an object with 'version' and 'characters'
      {"characters": []}                            | v: not a vocabulary.json: 'version' is missing
      {"version": "1", "characters": []}            | v: not a vocabulary.json: version must be a whole number, not "1"
      {"version": 2, "characters": []}              | v: not a vocabulary.json: version 2; this program reads version 1: use the one that wrote the file
      {"version": 1}                                | v: not a vocabulary.json: 'characters' must be a list
      {"version": 1, "characters": "ab"}            | v: not a vocabulary.json: 'characters' must be a list
      {"version": 1, "characters": []}              | v: not a vocabulary.json: 'characters' is empty: a vocabulary has at least one character
      {"version": 1, "size": 3, "characters": []}   | v: not a vocabulary.json: unknown key 'size'
      {"version": 1, "characters": [97]}            | v: not a vocabulary.json: characters[0]: expected an object with 'index', 'code_point' and 'character'
      """)
  void aMalformedFileIsRefused(String json, String message) {
    assertThatThrownBy(() -> Vocabulary.fromJson(json, "v"))
        .isInstanceOf(TextException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {"code_point": 97, "character": "a"}                          | 'characters[0].index' is missing
      {"index": 1, "code_point": 97, "character": "a"}              | characters[0].index is 1; entries are in index order without gaps
      {"index": 0, "character": "a"}                                | 'characters[0].code_point' is missing
      {"index": 0, "code_point": 97.5, "character": "a"}            | characters[0].code_point must be a whole number, not 97.5
      {"index": 0, "code_point": null, "character": "a"}            | characters[0].code_point must be a whole number, not null
      {"index": 0, "code_point": 1114112, "character": "a"}         | characters[0].code_point: 1114112 is not a Unicode character (0 to 1114111 without surrogates)
      {"index": 0, "code_point": -1, "character": "a"}              | characters[0].code_point: -1 is not a Unicode character (0 to 1114111 without surrogates)
      {"index": 0, "code_point": 55357, "character": "\\uD83D"}      | characters[0].code_point: 55357 is not a Unicode character (0 to 1114111 without surrogates)
      {"index": 0, "code_point": 97}                                | characters[0].character must be a string
      {"index": 0, "code_point": 97, "character": 97}               | characters[0].character must be a string
      {"index": 0, "code_point": 97, "character": "b"}              | characters[0]: character "b" is not code point 97
      {"index": 0, "code_point": 97, "character": "a", "count": 3}  | unknown key 'characters[0].count'
      """)
  void aMalformedCharacterIsRefused(String character, String message) {
    String json = "{\"version\": 1, \"characters\": [" + character + "]}";
    assertThatThrownBy(() -> Vocabulary.fromJson(json, "v"))
        .isInstanceOf(TextException.class)
        .hasMessage("v: not a vocabulary.json: " + message);
  }

  /** Compresses to a few megabytes in a checkpoint. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\": [%s]}",
        "{\"version\": 1, \"characters\": [%s]}",
        "{\"version\": 1, \"characters\": [{\"index\": [%s]}]}",
        "{\"version\": 1, \"characters\": [{\"character\": {\"a\": [%s]}}]}",
        "{\"version\": 1, \"characters\": [{\"index\": 0, \"character\": \"%s\"}]}",
        "{\"version\": 1, \"of\": [%s]}",
        "{\"version\": 1, \"characters\": [{\"index\": 0, \"code_point\": 97, \"character\": \"a\"},"
            + "{\"index\": 1, \"code_point\": 97, \"character\": \"a\"}, %s]}"
      })
  void malformedInputIsRefusedWithoutReadingTheRest(String form) {
    String json = form.formatted("0,".repeat(4_000_000) + "0");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(self);
    assertThatThrownBy(() -> Vocabulary.fromJson(json, "v")).isInstanceOf(TextException.class);
    assertThat(threads.getThreadAllocatedBytes(self) - before).isLessThan(1_000_000);
  }

  @Test
  void duplicatesAreRefused() {
    String twice =
        """
        {"version": 1, "characters": [
          {"index": 0, "code_point": 97, "character": "a"},
          {"index": 1, "code_point": 97, "character": "a"}]}
        """;
    assertThatThrownBy(() -> Vocabulary.fromJson(twice, "v"))
        .hasMessage("v: not a vocabulary.json: characters[1]: 'a' (U+0061) occurs twice");
    assertThatThrownBy(() -> Vocabulary.fromJson("{\"version\": 1, \"version\": 1}", "v"))
        .hasMessageStartingWith("v:1:")
        .hasMessageContaining("Duplicate field 'version'");
    assertThatThrownBy(() -> Vocabulary.fromJson(Vocabulary.of("ab").toJson() + "{}", "v"))
        .hasMessage("v:5:1: not JSON: unexpected content after the closing brace");
    assertThatThrownBy(() -> Vocabulary.of(new int[0]))
        .hasMessage("vocabulary: it has no characters");
    assertThatThrownBy(() -> Vocabulary.of('a', 0xD800))
        .hasMessage(
            "vocabulary: index 1: 55296 is not a Unicode character (0 to 1114111 without"
                + " surrogates)");
  }
}
