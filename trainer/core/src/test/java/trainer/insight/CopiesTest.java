package trainer.insight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import trainer.insight.Copies.Span;
import trainer.training.StopSignal;

/** What stands in the corpus word for word. */
final class CopiesTest {
  private static Copies of(String text, String corpus) {
    return Copies.of(
        text.chars().toArray(),
        position -> corpus.charAt((int) position),
        corpus.length(),
        new StopSignal());
  }

  @Test
  void spansAreAsLongAsTheyCanBe() {
    String corpus = "it was the best of times, it was the worst of times, it was the age of wisdom";
    Copies found = of("Well: it was the worst of times. And the best of times, it was!", corpus);

    assertThat(found.spans())
        .containsExactly(
            new Span(5, 31, 25), // " it was the worst of times"
            new Span(36, 62, 6)); // " the best of times, it was"
    assertThat(found.longest().length()).isEqualTo(26);
    assertThat(found.share(63)).isEqualTo(52.0 / 63);
  }

  @Test
  void aTextOfItsOwnHasNone() {
    Copies found = of("qqq", "it was the best of times");
    assertThat(found.spans()).isEmpty();
    assertThat(found.longest()).isNull();
    assertThat(of("times", "it was the best of times").longest()).isEqualTo(new Span(0, 5, 19));
  }

  @Test
  void thePositionIsTheFirst() {
    String sonnet = "from fairest creatures we desire increase";
    String text = "1" + sonnet + "2" + sonnet + "3" + sonnet;
    String corpus = "1" + sonnet + " 2" + sonnet;
    assertThat(of(text, corpus).spans().get(2)).isEqualTo(new Span(85, 126, 1));
  }

  /** Against the definition, on texts of two characters, which repeat themselves a lot. */
  @RepeatedTest(50)
  void spansAreThoseOfTheDefinition(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    String text = random(random, 120);
    String corpus = random(random, 150);
    Copies found = of(text, corpus);
    int longest = 0;
    int spans = 0;
    int reach = 0; // where the copies that began earlier end
    for (int from = 0; from < text.length(); from++) {
      int to = from;
      while (to < text.length() && corpus.contains(text.substring(from, to + 1))) {
        to++;
      }
      longest = Math.max(longest, to - from);
      if (to > reach && to - from >= Copies.SHORTEST) {
        assertThat(found.spans().get(spans)).extracting(Span::from, Span::to).contains(from, to);
        long position = found.spans().get(spans).corpusPosition();
        assertThat(position).isEqualTo(corpus.indexOf(text.substring(from, to)));
        spans++;
      }
      reach = Math.max(reach, to);
    }
    assertThat(found.spans()).hasSize(spans);
    assertThat(found.longest().length()).isEqualTo(longest);
  }

  private static String random(Random random, int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) { // long runs of the same
      text.append((random.nextBoolean() ? "a" : "ab").repeat(1 + random.nextInt(15)));
    }
    return text.substring(0, length);
  }
}
