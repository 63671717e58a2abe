package trainer.service.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * CPU, memory and GPU of a training process over its iterations: one line of a file per use. A line
 * is written when the run has grown by a fraction, so the file stays small however long the run is.
 */
public final class ResourceHistory {
  private static final int FRACTION = 500;

  private ResourceHistory() {}

  /**
   * A measurement.
   *
   * @param iteration of the newest row of the run
   * @param seconds of training at that row
   * @param processors busy, on average since the last measurement; null if unknown
   * @param memoryBytes resident; null if unknown
   * @param gpuPercent of the time in which its GPU was busy, sampled; null if unknown
   * @param gpuMemoryBytes in use on its GPU; null if unknown
   */
  public record Used(
      int iteration,
      double seconds,
      Double processors,
      Double memoryBytes,
      Double gpuPercent,
      Double gpuMemoryBytes) {
    private String line() {
      return "%d,%s,%s,%s,%s,%s%n"
          .formatted(
              iteration,
              text("%.3f", seconds),
              text("%.3f", processors),
              text("%.0f", memoryBytes),
              text("%.0f", gpuPercent),
              text("%.0f", gpuMemoryBytes));
    }

    private static String text(String format, Double value) {
      return value == null ? "" : String.format(Locale.ROOT, format, value);
    }
  }

  /**
   * Appends a measurement if the run has grown enough.
   *
   * @param last iteration of the last line
   * @return iteration of the last line
   */
  public static int append(Path file, Used used, int last) throws IOException {
    if (used.iteration() - last < Math.max(1, last / FRACTION)) {
      return last;
    }
    Files.writeString(file, used.line(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    return used.iteration();
  }

  /**
   * Reads the measurements of all attempts of a run.
   *
   * @param files of the attempts, oldest first; what one repeated is taken from it
   */
  public static List<Used> read(List<Path> files) throws IOException {
    List<Used> found = new ArrayList<>();
    for (Path file : files) {
      for (String line : lines(file)) {
        String[] cells = line.split(",", -1);
        if (cells.length == 6 || cells.length == 4) { // 4: as version 1.0.0 wrote them
          Used used = parsed(cells);
          while (!found.isEmpty() && found.get(found.size() - 1).iteration() >= used.iteration()) {
            found.remove(found.size() - 1);
          }
          found.add(used);
        }
      }
    }
    return found;
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static Used parsed(String... cells) {
    return new Used(
        Integer.parseInt(cells[0]),
        Double.parseDouble(cells[1]),
        number(cells, 2),
        number(cells, 3),
        number(cells, 4),
        number(cells, 5));
  }

  private static Double number(String[] cells, int at) {
    return at >= cells.length || cells[at].isEmpty()
        ? null
        : (Double) Double.parseDouble(cells[at]);
  }
}
