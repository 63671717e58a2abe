package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.sse.SseClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRun;
import trainer.service.live.LiveRun.News;
import trainer.service.live.LiveRun.Position;
import trainer.service.runs.Run;

/** Somebody who watches a run, and how much of it they have been told. */
final class Viewer {
  private static final long SILENCE_NANOS = 15_000_000_000L;
  private static final int MOST_ROWS = 4000;

  private final SseClient client;
  private final String id;
  private final AtomicBoolean busy = new AtomicBoolean(true);
  private Position position = Position.START;
  private int attempt = -1;
  private JsonNode told;
  private long toldNanos = System.nanoTime();

  Viewer(SseClient client, String id) {
    this.client = client;
    this.id = id;
  }

  String id() {
    return id;
  }

  /** Whether it may be told something: false while it still reads what it was told before. */
  boolean begin() {
    return busy.compareAndSet(false, true);
  }

  /**
   * Tells what is new, after {@link #begin}.
   *
   * @param state the run as JSON: the same for all who watch
   */
  void tell(Run run, JsonNode state, LiveRun live) {
    try {
      if (run.attempt() != attempt) {
        attempt = run.attempt();
        position = Position.START;
      }
      News news = live.since(position);
      boolean fresh = news.restarted() || position.equals(Position.START);
      position = news.position();
      if (!state.equals(told)) {
        told = state;
        send("state", state);
      }
      if (!news.metrics().isEmpty()) {
        ObjectNode event = event(run, fresh);
        event.set("rows", RunJson.rows(Downsampling.of(news.metrics(), MOST_ROWS)));
        send("metrics", event);
      }
      if (!news.samples().isEmpty()) {
        ObjectNode event = event(run, fresh);
        event.set("samples", RunJson.samples(news.samples()));
        send("sample", event);
      }
      if (!news.log().isEmpty()) {
        ObjectNode event = event(run, fresh);
        event.set("lines", RunJson.lines(news.log()));
        send("log", event);
      }
      if (System.nanoTime() - toldNanos > SILENCE_NANOS) {
        client.sendComment("still here"); // finds out whether anybody is
        toldNanos = System.nanoTime();
      }
      if (run.state().isFinal()) {
        // The last of the files was read after the state was: nothing follows.
        client.sendEvent("end", "{}");
        client.close();
      }
    } finally {
      busy.set(false);
    }
  }

  /**
   * @param fresh whether what was sent before does not stand any more
   */
  private static ObjectNode event(Run run, boolean fresh) {
    ObjectNode event = Json.object();
    event.put("attempt", run.attempt());
    event.put("replace", fresh);
    return event;
  }

  private void send(String name, JsonNode data) {
    client.sendEvent(name, new String(Json.bytes(data), StandardCharsets.UTF_8));
    toldNanos = System.nanoTime();
  }

  void close() {
    client.close();
  }
}
