package trainer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class SpreadTest {
  @Test
  void ofAnOddNumberOfValues() {
    assertThat(Spread.of(5, 1, 3)).isEqualTo(new Spread(1, 3, 5));
  }

  @Test
  void ofAnEvenNumberOfValues() {
    assertThat(Spread.of(8, 1, 2, 4)).isEqualTo(new Spread(1, 3, 8));
  }

  @Test
  void leavesTheValuesAsTheyWere() {
    double[] values = {2, 1};
    Spread.of(values);
    assertThat(values).containsExactly(2, 1);
  }

  @Test
  void ratiosAreOfPairs() {
    IterationTimes slow = new IterationTimes(new double[] {10, 40, 30}, 0, Map.of());
    IterationTimes fast = new IterationTimes(new double[] {5, 10, 10}, 0, Map.of());
    assertThat(slow.ratioTo(fast)).isEqualTo(new Spread(2, 3, 4));
  }
}
