package trainer.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import trainer.file.AppendedFile;
import trainer.file.AtomicFile;
import trainer.file.FileException;
import trainer.file.ShellWord;

/**
 * metrics.csv: a header, then one row per report. A checkpoint contains the rows up to it, and a
 * resumed run rewrites the file from those, so there are no gaps or duplicates after a crash. Not
 * thread-safe.
 */
public final class Metrics implements AutoCloseable {
  /** Rows that decide the speed of a run. */
  public static final int SPEED_ROWS = 100;

  private static final String START = MetricsRow.HEADER + "\n";

  private final StringBuilder text;
  private final List<MetricsRow> rows;
  private final AppendedFile file;
  private int written;

  private Metrics(String text, List<MetricsRow> rows, AppendedFile file) {
    this.text = new StringBuilder(text);
    this.rows = rows;
    this.file = file;
    this.written = text.length();
  }

  /**
   * Creates the file, replacing an existing one.
   *
   * @param soFar the file as stored in the checkpoint; empty for a new run
   * @throws RunException if the text is malformed, or the file cannot be written
   */
  public static Metrics open(Path path, String soFar) {
    String text = soFar.isEmpty() ? START : soFar;
    List<MetricsRow> rows = new ArrayList<>(parse(text, "metrics.csv of the checkpoint"));
    AtomicFile.write(path, text);
    return new Metrics(
        text, rows, AppendedFile.open(path, text.getBytes(StandardCharsets.UTF_8).length));
  }

  /**
   * Appends a row. If the file cannot be written, the row is kept and written with the next one.
   *
   * @throws IllegalArgumentException if its iteration is not greater than the last row's
   * @throws RunException if the file cannot be written
   */
  public void append(MetricsRow row) {
    if (!rows.isEmpty() && row.iteration() <= rows.get(rows.size() - 1).iteration()) {
      throw new IllegalArgumentException(
          "iteration %d was already reported".formatted(row.iteration()));
    }
    rows.add(row);
    text.append(row.line()).append('\n');
    write();
  }

  private void write() {
    file.append(text.substring(written).getBytes(StandardCharsets.UTF_8));
    written = text.length();
  }

  /** The rows so far, in order. */
  public List<MetricsRow> rows() {
    return Collections.unmodifiableList(rows);
  }

  /** The complete text, for a checkpoint. */
  public String text() {
    return text.toString();
  }

  /**
   * Writes pending rows.
   *
   * @throws RunException if the file cannot be written; resuming from the checkpoint restores them
   */
  @Override
  public void close() {
    try (file) {
      if (written < text.length()) {
        write();
      }
    }
  }

  /**
   * Reads a file that another process may be writing; an incomplete last line is ignored.
   *
   * @throws RunException if it is malformed; the message names the line
   */
  public static List<MetricsRow> read(Path path) {
    try {
      String text = Files.readString(path, StandardCharsets.UTF_8);
      return parse(
          text.substring(0, text.lastIndexOf('\n') + 1),
          path.toString(),
          "resume the run, which restores it");
    } catch (IOException e) {
      throw FileException.of(path, "cannot be read", e, "name the directory of a trained run");
    }
  }

  /**
   * The speed of a run, characters per second: the median of its latest {@value #SPEED_ROWS} rows,
   * so neither one slow stretch nor another program decides it. Of fewer than twice as many rows
   * the latest half counts: while the JVM compiles, steps are slow. NaN if no row has a speed.
   *
   * @param rows at least the latest {@value #SPEED_ROWS} of the run
   */
  public static double speed(List<MetricsRow> rows) {
    int latest = Math.min((rows.size() + 1) / 2, SPEED_ROWS);
    double[] sorted =
        rows.subList(rows.size() - latest, rows.size()).stream()
            .map(MetricsRow::charactersPerSecond)
            .filter(speed -> speed != null && Double.isFinite(speed))
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    return sorted.length == 0
        ? Double.NaN
        : (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }

  /**
   * Parses the lines in a checkpoint.
   *
   * @throws RunException if they are malformed
   */
  public static List<MetricsRow> parse(String text, String name) {
    return parse(text, name, "use another checkpoint, or start over with --resume never");
  }

  private static List<MetricsRow> parse(String text, String name, String remedy) {
    if (!text.startsWith(START)) {
      throw new RunException(
          "%s:1: is not the header of a metrics.csv, %s: %s"
              .formatted(ShellWord.shown(name), MetricsRow.HEADER, remedy));
    }
    List<MetricsRow> rows = new ArrayList<>();
    int number = 1;
    for (String line : (Iterable<String>) text.lines().skip(1)::iterator) {
      number++;
      try {
        rows.add(MetricsRow.parse(line));
      } catch (NumberFormatException e) {
        throw new RunException(
            "%s:%d: is not a row of a metrics.csv (%s): %s"
                .formatted(ShellWord.shown(name), number, e.getMessage(), remedy),
            e);
      }
    }
    return rows;
  }
}
