package trainer.service.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What the first event of a run says, and its iterations as planned last: a trial of a sweep trains
 * to the end of a step, is resumed and trains to that of the next. Early versions said less.
 *
 * @param iterations planned; 0 if unknown
 * @param maxMinutes time budget; infinite without one
 * @param iterationsPerEpoch 0 if unknown
 * @param parameters of the network; 0 if unknown
 * @param baselines n-gram losses on the validation split, nats per character; missing if unknown
 * @param warnings a sentence each
 */
public record RunStart(
    long iterations,
    double maxMinutes,
    long iterationsPerEpoch,
    long parameters,
    JsonNode baselines,
    List<String> warnings) {
  private static final int MOST_WARNINGS = 10;
  private static final Pattern PLANS = Pattern.compile("\"kind\":\"(started|resumed|forked)\"");
  private static final JsonMapper JSON = new JsonMapper();

  static RunStart read(Path events) throws IOException {
    List<JsonNode> first = firstEvents(events);
    JsonNode details = first.isEmpty() ? JSON.missingNode() : first.get(0).path("details");
    return new RunStart(
        details.path("iterations").asLong(0),
        details.path("max_minutes").asDouble(Double.POSITIVE_INFINITY),
        details.path("iterations_per_epoch").asLong(0),
        details.path("parameters").asLong(0),
        details.path("baselines"),
        first.stream().skip(1).map(event -> event.path("details").path("text").asText()).toList());
  }

  RunStart withIterations(long planned) {
    return new RunStart(planned, maxMinutes, iterationsPerEpoch, parameters, baselines, warnings);
  }

  /** The iterations that a line of the events plans; 0: none. */
  static long iterations(String line) {
    if (!PLANS.matcher(line).find()) {
      return 0; // most lines, and faster
    }
    try {
      return JSON.readTree(line).path("details").path("iterations").asLong(0);
    } catch (IOException e) {
      return 0; // damaged
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
