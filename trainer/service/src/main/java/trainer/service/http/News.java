package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import trainer.service.http.Announcement.Told;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRun;
import trainer.service.live.LiveRun.Position;
import trainer.service.live.LiveRuns;
import trainer.service.runs.Run;

/**
 * One look at a run, for all who watch it. Nearly all of them have been told the same before: what
 * is new to them is written down once. Safe for several threads.
 */
final class News {
  private final Run run;
  private final String state;
  private final LiveRun live;
  private final Map<Told, Announcement> made = new HashMap<>();

  News(Run run, LiveRuns live) {
    this.run = run;
    this.state = new String(Json.bytes(RunJson.run(run, live)), StandardCharsets.UTF_8);
    this.live = live.now(run);
  }

  /** Whether nothing has become of the run since. */
  boolean isOf(Run now) {
    return run.equals(now);
  }

  /** Whether nothing follows: the records were read after the state was. */
  boolean areLast() {
    return run.state().isFinal();
  }

  /** What is new to somebody. */
  synchronized Announcement since(Told told) {
    return made.computeIfAbsent(told, this::write);
  }

  private Announcement write(Told told) {
    Position position = run.attempt() == told.attempt() ? told.position() : Position.START;
    LiveRun.News news = live.since(position);
    boolean fresh = news.restarted() || position.equals(Position.START);
    StringBuilder text = new StringBuilder();
    if (!state.equals(told.state())) {
      add(text, "state", state);
    }
    if (!news.metrics().isEmpty()) {
      JsonNode rows = RunJson.rows(Downsampling.of(news.metrics(), RecordRoutes.MOST_POINTS));
      add(text, "metrics", event(fresh, "rows", rows));
    }
    if (!news.samples().isEmpty()) {
      add(text, "sample", event(fresh, "samples", RunJson.samples(news.samples())));
    }
    if (!news.log().isEmpty()) {
      add(text, "log", event(fresh, "lines", RunJson.lines(news.log())));
    }
    if (areLast()) {
      add(text, "end", "{}");
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    // Direct: others would be copied to be sent, once for each who is told.
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    return new Announcement(buffer, new Told(run.attempt(), state, news.position()));
  }

  /**
   * @param fresh whether what was sent before does not stand any more
   */
  private String event(boolean fresh, String key, JsonNode content) {
    ObjectNode event = Json.object();
    event.put("attempt", run.attempt());
    event.put("replace", fresh);
    event.set(key, content);
    return new String(Json.bytes(event), StandardCharsets.UTF_8);
  }

  private static void add(StringBuilder text, String name, String data) {
    text.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
  }
}
