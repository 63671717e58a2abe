package trainer.service.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** What happened to a run, to be marked on its curves. */
public final class RunEvents {
  private static final Set<String> KINDS = Set.of("checkpoint", "forked", "resumed", "rolled_back");
  private static final int MOST = 1000;
  private static final JsonMapper JSON = new JsonMapper();

  private RunEvents() {}

  /**
   * An event.
   *
   * @param kind {@code checkpoint}, {@code forked}, {@code resumed} or {@code rolled_back}
   * @param to iteration that it rolled back to; null for other kinds
   */
  public record Marked(String kind, int iteration, Integer to) {}

  /**
   * The newest events of events.jsonl, at most 1,000.
   *
   * @param last iteration of the run; what is after it was undone
   */
  public static List<Marked> read(Path events, int last) throws IOException {
    Deque<Marked> found = new ArrayDeque<>();
    if (!Files.isRegularFile(events)) {
      return List.of();
    }
    try (BufferedReader reader = Files.newBufferedReader(events)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (KINDS.stream().noneMatch(line::contains)) { // most are evaluations
          continue;
        }
        JsonNode event = JSON.readTree(line);
        String kind = event.path("kind").asText();
        int iteration = event.path("iteration").asInt();
        if (KINDS.contains(kind) && (iteration <= last || kind.equals("rolled_back"))) {
          JsonNode to = event.at("/details/to_iteration");
          found.add(new Marked(kind, iteration, to.isInt() ? (Integer) to.asInt() : null));
          if (found.size() > MOST) {
            found.remove();
          }
        }
      }
    }
    return List.copyOf(found);
  }
}
