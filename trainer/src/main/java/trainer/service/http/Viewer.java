package trainer.service.http;

import io.javalin.http.sse.SseClient;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import trainer.service.live.LiveRun.Position;
import trainer.service.runs.Run;

/** Somebody who watches a run, and how much of it they have been told. */
final class Viewer {
  private static final long SILENCE_NANOS = 15_000_000_000L;

  private final SseClient client;
  private final String id;
  private final AtomicBoolean busy = new AtomicBoolean(true);
  private Position position = Position.START;
  private int attempt = -1;
  private String told;
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
   * @param news what is new since a position
   */
  void tell(Run run, String state, Function<Position, Announcement> news) {
    try {
      if (run.attempt() != attempt) {
        attempt = run.attempt();
        position = Position.START;
      }
      Announcement announcement = news.apply(position);
      position = announcement.position();
      if (!state.equals(told)) {
        told = state;
        send("state", state);
      }
      announcement.events().forEach(event -> send(event.name(), event.data()));
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

  private void send(String name, String data) {
    client.sendEvent(name, data);
    toldNanos = System.nanoTime();
  }

  void close() {
    client.close();
  }
}
