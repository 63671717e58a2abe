package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class JsonNumbersTest {
  private static String text(Double value) {
    StringBuilder text = new StringBuilder();
    JsonNumbers.append(text, value);
    return text.toString();
  }

  @Property
  void anyNumberIsReadAsItWas(@ForAll double value) {
    assertThat(Double.parseDouble(text(value))).isEqualTo(value);
  }

  @Property
  void fewDecimalsAreWrittenAsTheyAre(
      @ForAll @IntRange(min = 0) int digits, @ForAll @IntRange(min = 0, max = 9) int decimals) {
    BigDecimal number = BigDecimal.valueOf(digits, decimals);
    assertThat(new BigDecimal(text(number.doubleValue()))).isEqualByComparingTo(number);
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
