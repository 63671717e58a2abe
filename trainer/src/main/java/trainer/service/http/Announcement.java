package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRun;
import trainer.service.live.LiveRun.News;
import trainer.service.live.LiveRun.Position;
import trainer.service.runs.Run;

/**
 * What is new in a run to everybody who has followed it to the same position, written as JSON once
 * for all of them.
 *
 * @param position after it
 */
record Announcement(Position position, List<Event> events) {
  private static final int MOST_ROWS = 4000;

  /** One event of the stream. */
  record Event(String name, String data) {}

  /** The news since a position. */
  static Announcement of(Run run, LiveRun live, Position from) {
    News news = live.since(from);
    boolean fresh = news.restarted() || from.equals(Position.START);
    List<Event> events = new ArrayList<>();
    if (!news.metrics().isEmpty()) {
      add(
          events,
          "metrics",
          run,
          fresh,
          "rows",
          RunJson.rows(Downsampling.of(news.metrics(), MOST_ROWS)));
    }
    if (!news.samples().isEmpty()) {
      add(events, "sample", run, fresh, "samples", RunJson.samples(news.samples()));
    }
    if (!news.log().isEmpty()) {
      add(events, "log", run, fresh, "lines", RunJson.lines(news.log()));
    }
    return new Announcement(news.position(), events);
  }

  /**
   * @param fresh whether what was sent before does not stand any more
   */
  private static void add(
      List<Event> events, String name, Run run, boolean fresh, String key, JsonNode content) {
    ObjectNode event = Json.object();
    event.put("attempt", run.attempt());
    event.put("replace", fresh);
    event.set(key, content);
    events.add(new Event(name, text(event)));
  }

  /** JSON as the stream has it. */
  static String text(JsonNode node) {
    return new String(Json.bytes(node), StandardCharsets.UTF_8);
  }
}
