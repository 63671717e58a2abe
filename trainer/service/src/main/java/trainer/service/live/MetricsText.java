package trainer.service.live;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.MetricsRow;

/** Rows of metrics.csv. */
final class MetricsText {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsText.class);
  private static final int MANY_CHARACTERS = 1 << 19;

  private MetricsText() {}

  /** The rows of whole lines; a header or a malformed line is none. */
  static List<MetricsRow> rows(String text) {
    Stream<String> lines = text.lines();
    if (text.length() > MANY_CHARACTERS) {
      lines = lines.parallel();
    }
    return lines.<MetricsRow>mapMulti(MetricsText::read).toList();
  }

  private static void read(String line, Consumer<MetricsRow> rows) {
    if (!line.equals(MetricsRow.HEADER)) {
      try {
        rows.accept(MetricsRow.parse(line));
      } catch (NumberFormatException e) {
        LOG.warn("metrics.csv: malformed row: {}", e.getMessage());
      }
    }
  }
}
