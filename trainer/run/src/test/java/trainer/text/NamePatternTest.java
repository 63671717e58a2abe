package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Random;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamePatternTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "*.txt a.txt true",
        "*.txt .txt true",
        "*.txt a.txt.gz false",
        "?.txt é.txt true",
        "?.txt 👩.txt true",
        "?.txt ab.txt false",
        "[a-c]x bx true",
        "[!a-c]x bx false",
        "[!a-c]x dx true",
        "[a-]x -x true",
        "[]a]x ]x true",
        "[[]x [x true",
        "[*?]x *x true",
        "[*?]x ax false",
        "[👩-👭]x 👬x true",
        "{a,bc}*d bcxd true",
        "{a,bc}*d abxd true",
        "{a,bc}*d bxd false",
        "{a*,?}{1,2} axx2 true",
        "{a,} a true",
        "x{a,} x true",
        "\\*x *x true",
        "\\*x ax false",
        "a}b a}b true",
        "a,b a,b true",
        "** ab true"
      })
  void aNameMatches(String pattern, String name, boolean matches) {
    assertThat(new NamePattern(pattern).matches(name)).isEqualTo(matches);
  }

  /** Random patterns against those of the JDK, which backtrack. */
  @Test
  void patternsAreThoseOfTheJdk() {
    Random random = new Random(1);
    List<String> parts = List.of("a", "b", "*", "?", "[ab]", "[!a]", "{a,b*}", "{ab,?}");
    for (int i = 0; i < 500; i++) {
      StringBuilder pattern = new StringBuilder();
      random.ints(4, 0, parts.size()).forEach(part -> pattern.append(parts.get(part)));
      NamePattern own = new NamePattern(pattern.toString());
      PathMatcher jdk = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
      for (int k = 0; k < 50; k++) {
        StringBuilder name = new StringBuilder();
        random.ints(1 + k % 6, 'a', 'd').forEach(c -> name.append((char) c));
        assertThat(own.matches(name.toString()))
            .as("%s: %s", pattern, name)
            .isEqualTo(jdk.matches(Path.of(name.toString())));
      }
    }
  }

  @Test
  void manyStarsTakeNoLonger() {
    String name = "a".repeat(250);
    assertThat(new NamePattern("*a".repeat(20) + "*b").matches(name)).isFalse();
    assertThat(new NamePattern("{*a,a*}".repeat(20) + "*b").matches(name)).isFalse();
    assertThat(new NamePattern("*a".repeat(20) + "*b").matches(name + "b")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[a", "[", "[!", "[]", "{a", "{a,{b}}", "a\\", "[b-a]"})
  void aMalformedPatternIsRefused(String pattern) {
    assertThatThrownBy(() -> new NamePattern(pattern)).isInstanceOf(PatternSyntaxException.class);
  }
}
