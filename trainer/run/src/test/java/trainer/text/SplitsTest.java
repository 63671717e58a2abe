package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.Seeds;

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

  @Seeds(150)
  void splitsFollowOneAnotherAndCoverTheText(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long characters = random.nextLong(10_000_000_001L) >>> random.nextInt(34);
    int first = random.nextInt(1001);
    splitsFollowOneAnotherAndCoverTheText(characters, first, random.nextInt(1001 - first));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 900, 100",
    "1, 900, 100",
    "1, 0, 0",
    "10000000000, 0, 0",
    "10000000000, 0, 1000",
    "10000000000, 1000, 0",
    "9999999999, 1, 1",
    "999, 999, 1"
  })
  void splitsFollowOneAnotherAndCoverTheText(long characters, int first, int second) {
    double a = first / 1000.0;
    double b = second / 1000.0;
    double c = (1000 - first - second) / 1000.0;
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
        .hasMessage("data.split: [0.9, 0.2, 0.0] sums to 1.1; the fractions must sum to 1");
    assertThatThrownBy(() -> Splits.of(10, List.of(1.5, -0.5, 0.0)))
        .hasMessage(
            "data.split: [1.5, -0.5, 0.0]: expected three fractions from 0 to 1, for training,"
                + " validation and test");
    assertThatThrownBy(() -> Splits.of(10, List.of(0.5, 0.5)))
        .hasMessageContaining("expected three fractions");
  }
}
