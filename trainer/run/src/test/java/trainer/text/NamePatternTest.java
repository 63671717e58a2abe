package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.util.Random;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;

final class NamePatternTest {
  private static final long SEED = 20261129;
  private static final int PATTERNS = 5_000;
  private static final String[] PARTS = {
    "*", "*", "?", "a", "b", "-", "^", "😀", "[ab]", "[!a]", "[^a]", "[a-b]", "[-a]", "[!-a]", "[a-]",
    "[&&a]", "[[a]", "[\\]", "{a,b}", "{a,ab}", "{ab*,a}", "{,a}", "{a*b,?}", "\\*", "\\a", "\\[", ",",
    "}", "]", "{", "[", "\\", "{a,{b}}", "[b-a]", ".", "(", "|", "$", "+"
  };
  private static final String[] CHARACTERS = {"a", "b", "-", "^", "😀", "*", "&", "[", "\\", ","};

  private final Random random = new Random(SEED);

  private String any(String[] choices, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most); i >= 0; i--) {
      text.append(choices[random.nextInt(choices.length)]);
    }
    return text.toString();
  }

  @Test
  void aNameMatchesAsInJava() {
    int matches = 0;
    for (int i = 0; i < PATTERNS; i++) {
      String glob = any(PARTS, 4);
      PathMatcher java;
      try {
        java = FileSystems.getDefault().getPathMatcher("glob:" + glob);
      } catch (PatternSyntaxException e) {
        continue;
      }
      NamePattern pattern = new NamePattern(glob);
      for (int j = 0; j < 10; j++) {
        Path name = Path.of(any(CHARACTERS, 4));
        assertThat(pattern.matches(name))
            .as("seed %d, pattern %s, name %s", SEED, glob, name)
            .isEqualTo(java.matches(name));
        matches += java.matches(name) ? 1 : 0;
      }
    }
    assertThat(matches).isGreaterThan(PATTERNS / 10);
  }

  /** Java's matcher does not end within a year. */
  @Test
  void manyStarsTakeNoTime() {
    Path name = Path.of("a".repeat(255));
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    assertThat(new NamePattern("*a".repeat(100) + "*b").matches(name)).isFalse();
    assertThat(new NamePattern("{*a*a*a,*a*a}".repeat(20) + "b").matches(name)).isFalse();
    assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start)
        .isLessThan(Duration.ofSeconds(10).toNanos());
  }
}
