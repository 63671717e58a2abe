package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class SplitsTest {
  @Test
  void ninetyTenOfTinyShakespeare() {
    Splits splits = Splits.of(1_115_394, List.of(0.9, 0.1, 0.0));
    assertThat(splits.training()).isEqualTo(new Split("training", 0, 1_003_854));
    assertThat(splits.validation()).isEqualTo(new Split("validation", 1_003_854, 1_115_394));
    assertThat(splits.validation().length()).isEqualTo(111_540);
    assertThat(splits.test().isEmpty()).isTrue();
  }

  @Test
  void fractionsAreDecimal() {
    // In binary, 0.7 + 0.2 is less than 0.9.
    Splits splits = Splits.of(100, List.of(0.7, 0.2, 0.1));
    assertThat(splits.training().to()).isEqualTo(70);
    assertThat(splits.validation().to()).isEqualTo(90);
    assertThat(splits.test()).isEqualTo(new Split("test", 90, 100));
  }

  @Property(seed = "1", tries = 500)
  void splitsFollowOneAnotherAndCoverTheText(
      @ForAll @LongRange(min = 0, max = 10_000_000_000L) long characters,
      @ForAll @IntRange(min = 0, max = 1000) int first,
      @ForAll @IntRange(min = 0, max = 1000) int second) {
    double a = Math.min(first, 1000) / 1000.0;
    double b = Math.min(second, 1000 - first) / 1000.0;
    double c = (1000 - first - Math.min(second, 1000 - first)) / 1000.0;
    Splits splits = Splits.of(characters, List.of(a, b, c));
    assertThat(splits.training().from()).isZero();
    assertThat(splits.validation().from()).isEqualTo(splits.training().to());
    assertThat(splits.test().from()).isEqualTo(splits.validation().to());
    assertThat(splits.test().to()).isEqualTo(characters);
    assertThat(splits.training().length()).isEqualTo(characters * first / 1000);
    if (c == 0) {
      assertThat(splits.test().isEmpty()).isTrue();
    }
  }

  @Test
  void allOfItCanBeTraining() {
    assertThat(Splits.of(7, List.of(1.0, 0.0, 0.0)).training().length()).isEqualTo(7);
  }

  @Test
  void impossibleFractionsAreRefused() {
    assertThatThrownBy(() -> Splits.of(10, List.of(0.9, 0.2, 0.0)))
        .isInstanceOf(TextException.class)
        .hasMessage("data.split: [0.9, 0.2, 0.0] adds up to 1.1; the fractions must add up to 1");
    assertThatThrownBy(() -> Splits.of(10, List.of(1.5, -0.5, 0.0)))
        .hasMessage(
            "data.split: [1.5, -0.5, 0.0]: expected three fractions from 0 to 1, for training,"
                + " validation and test");
    assertThatThrownBy(() -> Splits.of(10, List.of(0.5, 0.5)))
        .hasMessageContaining("expected three fractions");
  }
}
