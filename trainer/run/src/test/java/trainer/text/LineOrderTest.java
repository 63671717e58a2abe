package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import trainer.Seeds;

final class LineOrderTest {
  private static String shuffled(String text, long seed) {
    EncodedText order = Texts.encoded(text).withLinesShuffled(seed);
    return order.text(0, (int) order.length());
  }

  /** Lines of 0 to 9 characters, with and without a line end after the last. */
  @Seeds(200)
  void theLinesStayWhole(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    String text =
        IntStream.range(0, random.nextInt(2, 60))
            .mapToObj(line -> "abcdefghi".substring(random.nextInt(10)))
            .collect(Collectors.joining("\n", "", random.nextBoolean() ? "\n" : "x"));
    String shuffled = shuffled(text, seed);
    assertThat(shuffled).hasSameSizeAs(text);
    assertThat(shuffled.endsWith("\n") || !text.endsWith("\n")).isTrue();
    assertThat(sorted(shuffled)).isEqualTo(sorted(text));
  }

  private static List<String> sorted(String text) {
    String[] lines = text.split("\n", text.endsWith("\n") ? 0 : -1);
    return Arrays.stream(lines).filter(line -> !line.isEmpty()).sorted().toList();
  }

  /** The order decides the numbers of a run, so it must never change. */
  @Test
  void theSeedDecidesTheOrder() {
    String text = "a\nb\nc\nd\ne\nf\ng";
    assertThat(shuffled(text, 42)).isEqualTo(shuffled(text, 42)).isEqualTo("c\ng\ne\na\nf\nd\nb");
    assertThat(shuffled(text, 43)).isNotEqualTo(shuffled(text, 42));
  }

  @Test
  void aTextOfOneLineIsRefused() {
    for (String text : List.of("one line", "one line\n")) {
      assertThatThrownBy(() -> shuffled(text, 1))
          .isInstanceOf(TextException.class)
          .hasMessageStartingWith("data.shuffle: lines: the text has only one line");
    }
  }
}
