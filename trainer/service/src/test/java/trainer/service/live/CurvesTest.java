package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import trainer.run.MetricsRow;

final class CurvesTest {
  private static final double TIME_CONSTANT = 50; // iterations

  private static MetricsRow row(int iteration, Double loss, Double validation) {
    return new MetricsRow(iteration, 0, iteration, iteration, loss, validation, 0.1, loss, 1.0);
  }

  private static List<MetricsRow> noisy(int count) {
    Random random = new Random(7);
    List<MetricsRow> rows = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      Double validation = i % 500 == 0 ? 2 + random.nextDouble() : null;
      rows.add(row(i, 1 + random.nextDouble(), validation));
    }
    return rows;
  }

  private static Curves all(List<MetricsRow> rows, int points) {
    return Curves.of(rows, points, 0, Integer.MAX_VALUE);
  }

  @Test
  void smoothingDoesNotDependOnThePointsDrawn() {
    List<MetricsRow> rows = noisy(10_000);
    double[] whole = Curves.smoothed(rows, MetricsRow::trainLoss, TIME_CONSTANT);
    for (int points : new int[] {10, 100, 1000}) {
      Curves few = all(rows, points);
      List<Double> smoothed = few.smoothed(MetricsRow::trainLoss, TIME_CONSTANT);
      for (int i = 0; i < smoothed.size(); i++) {
        assertThat(smoothed.get(i)).isEqualTo(whole[few.shown().get(i).iteration() - 1]);
      }
    }
    Curves part = Curves.of(rows, 1000, 4000, 4100);
    assertThat(part.shown()).hasSize(101);
    assertThat(part.smoothed(MetricsRow::trainLoss, TIME_CONSTANT).get(0)).isEqualTo(whole[3999]);
  }

  /** A mean that looks back only lies above every value of a falling curve. */
  @Test
  void aFallingLineStaysWhereItIs() {
    List<MetricsRow> rows = new ArrayList<>();
    for (int i = 1; i <= 4000; i++) {
      rows.add(row(i, 5 - i / 1000.0, null));
    }
    double[] smoothed = Curves.smoothed(rows, MetricsRow::trainLoss, TIME_CONSTANT);
    // The ends are 2000 iterations away, with a weight of exp(-40).
    assertThat(smoothed[1999]).isCloseTo(3, Offset.offset(4000 * Math.exp(-40) + 1e-12));
  }

  @Test
  void whatIsNoNumberIsLeftOut() {
    List<MetricsRow> rows =
        List.of(row(1, 2.0, null), row(2, Double.NaN, null), row(3, null, null), row(4, 2.0, null));
    Curves curves = all(rows, 10);
    assertThat(curves.smoothed(MetricsRow::trainLoss, TIME_CONSTANT))
        .containsExactly(2.0, null, null, 2.0);
    assertThat(curves.extremes(MetricsRow::trainLoss).greatest())
        .containsExactly(2.0, null, null, 2.0);
  }

  @Test
  void theBandHoldsTheLeastAndGreatestOfAllRows() {
    List<MetricsRow> rows = noisy(10_000);
    rows.set(5432, row(5433, 9.0, null));
    rows.set(6543, row(6544, -9.0, null));
    Curves few = all(rows, 20);
    assertThat(few.extremes(MetricsRow::trainLoss).greatest()).contains(9.0);
    assertThat(few.extremes(MetricsRow::trainLoss).least()).contains(-9.0);
    assertThat(few.shown().get(0).iteration()).isEqualTo(1);
    assertThat(few.shown().get(few.shown().size() - 1).iteration()).isEqualTo(10_000);
  }

  @Test
  void validationLossesAreShownWhereTheyWereMeasured() {
    List<MetricsRow> rows = noisy(10_000);
    Curves few = all(rows, 100);
    assertThat(few.shown()).hasSizeLessThanOrEqualTo(100);
    assertThat(few.shown()).filteredOn(row -> row.validationLoss() != null).hasSize(20);
    double lowest =
        rows.stream()
            .filter(row -> row.validationLoss() != null)
            .mapToDouble(MetricsRow::validationLoss)
            .min()
            .orElseThrow();
    assertThat(all(rows, 12).shown()).extracting(MetricsRow::validationLoss).contains(lowest);
  }
}
