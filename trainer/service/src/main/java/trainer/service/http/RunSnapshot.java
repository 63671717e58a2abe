package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import trainer.service.http.EventBatch.Cursor;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRun;
import trainer.service.live.LiveRun.Position;
import trainer.service.live.LiveRuns;
import trainer.service.runs.Run;
import trainer.service.runs.Runs;

/**
 * A snapshot of a run, shared by its subscribers. Most are at the same cursor, so each batch is
 * serialized once. Thread-safe.
 */
final class RunSnapshot {
  private final Run run;
  private final String state;
  private final LiveRun live;
  private final Map<Cursor, EventBatch> batches = new HashMap<>();

  RunSnapshot(Run run, LiveRuns live, Runs runs) {
    this.run = run;
    this.state = new String(ApiJson.bytes(RunJson.run(run, live, runs)), StandardCharsets.UTF_8);
    this.live = live.now(run);
  }

  boolean isOf(Run now) {
    return run.equals(now);
  }

  /** Whether no events follow: the records were read after the final state. */
  boolean isLast() {
    return run.state().isFinal();
  }

  synchronized EventBatch since(Cursor cursor) {
    return batches.computeIfAbsent(cursor, this::write);
  }

  private EventBatch write(Cursor cursor) {
    Position position = run.attempt() == cursor.attempt() ? cursor.position() : Position.START;
    LiveRun.Delta delta = live.since(position);
    boolean replace = delta.restarted() || position.equals(Position.START);
    StringBuilder text = new StringBuilder();
    if (!state.equals(cursor.state())) {
      add(text, "state", state);
    }
    if (!delta.metrics().isEmpty()) {
      JsonNode rows = RunJson.rows(Downsampling.of(delta.metrics(), RecordRoutes.MOST_POINTS));
      add(text, "metrics", event(replace, "rows", rows));
    }
    if (!delta.samples().isEmpty()) {
      add(text, "sample", event(replace, "samples", RunJson.samples(delta.samples())));
    }
    if (!delta.log().isEmpty()) {
      add(text, "log", event(replace, "lines", ApiJson.tree(delta.log())));
    }
    if (isLast()) {
      add(text, "end", "{}");
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    // Direct: a heap buffer would be copied for every subscriber.
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    return new EventBatch(buffer, new Cursor(run.attempt(), state, delta.position()));
  }

  /**
   * @param replace whether earlier events of this kind are void
   */
  private String event(boolean replace, String key, JsonNode content) {
    ObjectNode event = ApiJson.object();
    event.put("attempt", run.attempt());
    event.put("replace", replace);
    event.set(key, content);
    return new String(ApiJson.bytes(event), StandardCharsets.UTF_8);
  }

  private static void add(StringBuilder text, String name, String data) {
    text.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
  }
}
