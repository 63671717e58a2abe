package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Seeds;

final class JsonNumbersTest {
  private static String text(Double value) {
    StringBuilder text = new StringBuilder();
    JsonNumbers.append(text, value);
    return text.toString();
  }

  @Seeds(400)
  void anyNumberIsReadAsItWas(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    assertReadsBack(random.nextDouble(-1e6, 1e6));
    double anyBits = Double.longBitsToDouble(random.nextLong());
    if (Double.isFinite(anyBits)) {
      assertReadsBack(anyBits);
    }
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {0, -0.0, 1, -1, 0.01, Double.MIN_VALUE, Double.MIN_NORMAL, Double.MAX_VALUE, 1e18})
  void extremeNumbersAreReadAsTheyWere(double value) {
    assertReadsBack(value);
    assertReadsBack(-value);
  }

  private static void assertReadsBack(double value) {
    assertThat(Double.parseDouble(text(value))).isEqualTo(value);
  }

  @Seeds(250)
  void fewDecimalsAreWrittenAsTheyAre(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int digits = random.nextInt() >>> random.nextInt(1, 32);
    for (int unscaled : new int[] {0, 1, digits, Integer.MAX_VALUE}) {
      BigDecimal number = BigDecimal.valueOf(unscaled, random.nextInt(10));
      assertThat(new BigDecimal(text(number.doubleValue()))).isEqualByComparingTo(number);
    }
  }

  @Test
  void whatIsNoNumberIsNull() {
    assertThat(text(null)).isEqualTo("null");
    assertThat(text(Double.NaN)).isEqualTo("null");
    assertThat(text(Double.NEGATIVE_INFINITY)).isEqualTo("null");
    assertThat(text(0.0)).isEqualTo("0.0");
    assertThat(text(12.5)).isEqualTo("12.5");
    assertThat(text(0.001)).isEqualTo("0.001");
    assertThat(text(82_944.04)).isEqualTo("82944.04");
  }
}
