package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.run.MetricsRow;

final class DownsamplingTest {
  private static MetricsRow row(int iteration, double loss) {
    Double validation = iteration % 10 == 0 ? loss + 0.1 : null;
    return new MetricsRow(iteration, 0, iteration, iteration, loss, validation, 0.1, 1.0, 1.0);
  }

  private static List<MetricsRow> rows(int count) {
    List<MetricsRow> rows = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      rows.add(row(i, Math.sin(i * 0.01)));
    }
    return rows;
  }

  @Test
  void fewRowsStayAsTheyAre() {
    List<MetricsRow> rows = rows(100);
    assertThat(Downsampling.of(rows, 100)).isEqualTo(rows);
  }

  @Test
  void manyRowsBecomeFewWithTheirEndsAndPeaks() {
    List<MetricsRow> rows = rows(100_000);
    rows.set(54_321, row(54_322, 7));
    rows.set(77_779, row(77_780, -7));
    List<MetricsRow> few = Downsampling.of(rows, 1000);

    assertThat(few).hasSizeBetween(500, 1000);
    assertThat(few).extracting(MetricsRow::iteration).isSorted().doesNotHaveDuplicates();
    assertThat(few.get(0)).isEqualTo(rows.get(0));
    assertThat(few.get(few.size() - 1)).isEqualTo(rows.get(rows.size() - 1));
    assertThat(few).contains(rows.get(54_321), rows.get(77_779));
    assertThat(few).filteredOn(row -> row.validationLoss() != null).hasSizeGreaterThan(250);
  }

  @Test
  void aLossThatBrokeDownHidesNothing() {
    List<MetricsRow> rows = rows(1000);
    rows.set(500, row(501, Double.NaN));
    rows.set(501, row(502, -7));
    rows.set(502, row(503, 7));
    assertThat(Downsampling.of(rows, 100)).contains(rows.get(500), rows.get(501));
  }

  @Test
  void theLeastNumberIsKept() {
    assertThat(Downsampling.of(rows(50), 6))
        .hasSizeBetween(2, 6)
        .extracting(MetricsRow::iteration)
        .startsWith(1)
        .endsWith(50);
  }
}
