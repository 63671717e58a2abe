package trainer.service.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;

/**
 * Progress of a run, read from the ends of its files, so the cost does not grow with the run.
 *
 * @param iterations planned; 0 if unknown
 * @param maxMinutes time budget; infinite without one
 * @param validationLoss newest, nats per character; null before the first
 * @param warnings of its start, a sentence each
 */
public record RunProgress(
    MetricsRow last,
    long iterations,
    double maxMinutes,
    Double validationLoss,
    List<String> warnings) {
  private static final int MOST_WARNINGS = 10;
  private static final int END_BYTES = 8192;
  private static final JsonMapper JSON = new JsonMapper();

  /** Empty before the first row. */
  public static Optional<RunProgress> of(RunDirectory directory) {
    try {
      List<String> lines = lastLines(directory.metrics());
      if (lines.isEmpty()) {
        return Optional.empty();
      }
      int last = lines.size() - 1;
      MetricsRow row = MetricsRow.parse(lines.get(last));
      // Called for each run of a list: parse no more rows than needed.
      Double validation = row.validationLoss();
      for (int i = last - 1; i >= 0 && validation == null; i--) {
        validation = MetricsRow.parse(lines.get(i)).validationLoss();
      }
      List<JsonNode> events = firstEvents(directory.events());
      JsonNode started = events.isEmpty() ? JSON.missingNode() : events.get(0).path("details");
      return Optional.of(
          new RunProgress(
              row,
              started.path("iterations").asLong(0),
              started.path("max_minutes").asDouble(Double.POSITIVE_INFINITY),
              validation,
              events.stream()
                  .skip(1)
                  .map(event -> event.path("details").path("text").asText())
                  .toList()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Seconds left at the average speed, or of the time budget if less; empty if unknown. */
  public Optional<Double> secondsLeft() {
    if (iterations == 0 || last.iteration() == 0) {
      return Optional.empty();
    }
    double training = (iterations - last.iteration()) * last.seconds() / last.iteration();
    return Optional.of(Math.max(0, Math.min(training, 60 * maxMinutes - last.seconds())));
  }

  private static List<String> lastLines(Path metrics) throws IOException {
    if (!Files.isRegularFile(metrics)) {
      return List.of();
    }
    try (RandomAccessFile file = new RandomAccessFile(metrics.toFile(), "r")) {
      long start = Math.max(0, file.length() - END_BYTES);
      byte[] bytes = new byte[(int) (file.length() - start)];
      file.seek(start);
      file.readFully(bytes);
      String text = new String(bytes, StandardCharsets.UTF_8);
      // The first line is the header or partial; the last may be partial.
      int first = text.indexOf('\n') + 1;
      int end = text.lastIndexOf('\n') + 1;
      return end <= first ? List.of() : text.substring(first, end).lines().toList();
    }
  }

  /** The first event, and the warnings that follow it. */
  private static List<JsonNode> firstEvents(Path events) throws IOException {
    if (!Files.isRegularFile(events)) {
      return List.of();
    }
    List<JsonNode> first = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(events)) {
      while (first.size() <= MOST_WARNINGS) {
        String line = reader.readLine();
        JsonNode event = line == null ? JSON.missingNode() : JSON.readTree(line);
        if (!first.isEmpty() && !event.path("kind").asText().equals("warning")) {
          break;
        }
        first.add(event);
      }
    }
    return first;
  }
}
