package trainer.cli.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stop strings, whatever the pieces are. */
final class PendingTextTest {
  @ParameterizedTest
  @CsvSource({
    "abcabd, abd, abc, true",
    "aaab, aab, a, true",
    "abab, abc, abab, false",
    "xy, x|y, '', true",
    "hello, l, he, true",
    "a\uD83D\uDE00b, \uD83D\uDE00, a, true",
    "none, zz|none of, none, false"
  })
  void theTextEndsBeforeTheFirstStopString(
      String written, String stops, String expected, boolean isStopped) {
    for (boolean often : new boolean[] {false, true}) {
      PendingText text = new PendingText(List.of(stops.split("\\|", -1)));
      StringBuilder taken = new StringBuilder();
      for (int codePoint : written.codePoints().toArray()) {
        text.add(Character.toString(codePoint), null);
        if (text.isStopped()) {
          break;
        }
        if (often) {
          taken.append(text.take(0, null).text());
        }
      }
      taken.append(text.takeAll(0, null).text());
      assertThat(taken.toString()).isEqualTo(expected);
      assertThat(text.isStopped()).isEqualTo(isStopped);
    }
  }
}
