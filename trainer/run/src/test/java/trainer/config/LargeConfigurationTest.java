package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A configuration of 250 KB with many errors names 100 of them, and how many there are besides. */
class LargeConfigurationTest {

  private static ConfigurationException refused(String yaml) {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class,
            () -> ConfigurationLoader.parse(yaml, "large.yml", List.of()));
    assertThat(refused.problems()).hasSizeLessThanOrEqualTo(101);
    assertThat(refused.getMessage().length()).isLessThan(32_000);
    return refused;
  }

  @Test
  void manyErrorsAreCounted() {
    String keys =
        IntStream.range(0, 25_000).mapToObj("k%d: 1\n"::formatted).collect(Collectors.joining());
    assertThat(refused(keys).problems()).hasSize(101);
    assertThat(refused(keys).getMessage())
        .startsWith("large.yml:1: k0: unknown key")
        // all but 100, and the corpus that is missing
        .endsWith("\nlarge.yml: and 24,901 more problems");
  }

  @Test
  void aListThatIsTooLongIsOneError() {
    String entries = "[" + "3, ".repeat(60_000) + "]";
    assertThat(refused("data: {corpus: " + entries + "}\n").getMessage())
        .isEqualTo("large.yml:1: data.corpus: must have at most 10,000 entries, not 60,000");
    assertThat(refused("data: {corpus: [" + "3, ".repeat(10_000) + "]}\n").getMessage())
        .endsWith("large.yml: and 9,900 more problems");
  }

  @Test
  void longNumbersAreNotRead() {
    for (String number : List.of("9".repeat(250_000), "0x" + "f".repeat(250_000))) {
      assertThat(refused("data: {corpus: a}\nseed: " + number).getMessage())
          .startsWith("large.yml:2: seed: must be at most 9223372036854775807, not ");
      assertThat(refused("data: {corpus: a}\ntraining: {learning_rate: " + number).getMessage())
          .startsWith("large.yml:2: ");
    }
  }

  @Test
  void longKeysAreShortened() {
    assertThat(refused("? " + "k".repeat(250_000) + "\n: 1").getMessage())
        .startsWith("large.yml:1: " + "k".repeat(200) + "…: unknown key; the keys here are");
  }
}
