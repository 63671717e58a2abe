package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SampleStartTest {
  @Test
  void aShortTextIsWhole() {
    assertThat(SampleStart.of(0.5, "\nthe sea\n  and the ship \n"))
        .isEqualTo("  sample at temperature 0.5:\n    the sea\n      and the ship");
  }

  @Test
  void ofALongTextTheFirstCharactersAreShown() {
    assertThat(SampleStart.of(1, "😀".repeat(201)))
        .isEqualTo("  sample at temperature 1.0:\n    " + "😀".repeat(200) + "…");
  }
}
