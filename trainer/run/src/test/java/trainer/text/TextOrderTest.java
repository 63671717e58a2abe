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

final class TextOrderTest {
  private static String shuffled(String text, long seed) {
    EncodedText lines = Texts.encoded(text);
    EncodedText order = lines.in(TextOrder.shuffledLines(lines, seed));
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

  /** Ten characters in three blocks: abcd, efg and hij, half of each for training. */
  @Test
  void blocksAreSplitAndTheirPartsJoined() {
    List<Double> fractions = List.of(0.5, 0.25, 0.25);
    EncodedText text = Texts.encoded("abcdefghij");
    EncodedText order = text.in(TextOrder.splitBlocks(10, fractions, 3));
    Splits splits = Splits.of(10, fractions, 3);

    assertThat(text(order, splits.training())).isEqualTo("ab" + "e" + "h");
    assertThat(text(order, splits.validation())).isEqualTo("c" + "f" + "i");
    assertThat(text(order, splits.test())).isEqualTo("d" + "g" + "j");
  }

  private static String text(EncodedText text, Split split) {
    return text.text(split.from(), (int) split.length());
  }

  @Seeds(200)
  void blocksLoseNothing(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    String letters =
        random
            .ints(random.nextInt(2, 300), 'a', 'z' + 1)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .append("az")
            .toString();
    EncodedText text = Texts.encoded(letters);
    List<Double> fractions = random.nextBoolean() ? List.of(0.8, 0.1, 0.1) : List.of(0.8, 0.2, 0.0);
    int blocks = random.nextInt(1, 40);
    EncodedText order = text.in(TextOrder.splitBlocks(letters.length(), fractions, blocks));

    assertThat(order.text(0, letters.length()).chars().sorted().toArray())
        .isEqualTo(letters.chars().sorted().toArray());
    assertThat(Splits.of(letters.length(), fractions, blocks).test().to())
        .isEqualTo(letters.length());
    if (blocks == 1) {
      assertThat(order.text(0, letters.length())).isEqualTo(letters);
    }
  }
}
