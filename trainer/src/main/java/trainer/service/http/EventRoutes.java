package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import io.javalin.http.sse.SseClient;
import io.javalin.http.sse.SseHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.live.LiveRun;
import trainer.service.live.LiveRun.Position;
import trainer.service.live.LiveRuns;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/**
 * Tells browsers what happens to a run while it happens. Twice a second each run that is watched is
 * looked at once, however many watch it; those who read slowly are passed over, and 16 that do not
 * read at all hold up nobody.
 */
final class EventRoutes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventRoutes.class);
  private static final int MOST_VIEWERS = 1000;
  private static final int WRITERS = 16;
  private static final long PERIOD_MILLISECONDS = 500;

  private final Runs runs;
  private final RunFiles files;
  private final LiveRuns live;
  private final List<Viewer> viewers = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("events"));
  private final ExecutorService writers =
      Executors.newFixedThreadPool(WRITERS, Threads.daemons("event writer"));

  EventRoutes(Runs runs, RunFiles files, LiveRuns live) {
    this.runs = runs;
    this.files = files;
    this.live = live;
  }

  /** Begins to look. */
  @SuppressWarnings("FutureReturnValueIgnored") // look() lets no exception out
  void start() {
    clock.scheduleWithFixedDelay(
        this::look, PERIOD_MILLISECONDS, PERIOD_MILLISECONDS, TimeUnit.MILLISECONDS);
  }

  List<Route> routes() {
    SseHandler events = new SseHandler(this::connect);
    return List.of(
        new Route(
            HandlerType.GET,
            Api.RUN + "/events",
            Access.READ,
            context -> {
              check(context);
              events.handle(context);
            }));
  }

  private void check(Context context) {
    Api.run(context, runs);
    if (!String.valueOf(context.header("Accept")).contains("text/event-stream")) {
      throw new Problem(
          HttpStatus.NOT_ACCEPTABLE, "events are sent as a stream: 'Accept: text/event-stream'");
    }
    if (viewers.size() >= MOST_VIEWERS) {
      context.header("Retry-After", "60");
      throw new Problem(
          HttpStatus.SERVICE_UNAVAILABLE,
          "%,d are watching already: ask for the run now and then instead".formatted(MOST_VIEWERS));
    }
  }

  private void connect(SseClient client) {
    Run run = Api.run(client.ctx(), runs);
    Viewer viewer = new Viewer(client, run.id());
    client.keepAlive();
    client.onClose(() -> viewers.remove(viewer));
    viewers.add(viewer);
    LiveRun now = live.now(run);
    viewer.tell(
        run,
        Announcement.text(RunJson.run(run, files)),
        position -> Announcement.of(run, now, position));
  }

  /** How many watch. */
  int viewers() {
    return viewers.size();
  }

  private void look() {
    try {
      Map<String, List<Viewer>> byRun = new HashMap<>();
      for (Viewer viewer : viewers) {
        byRun.computeIfAbsent(viewer.id(), id -> new ArrayList<>()).add(viewer);
      }
      byRun.forEach(this::tell);
    } catch (RuntimeException e) {
      LOG.warn("nobody was told of news: {}", e.toString());
    }
  }

  private void tell(String id, List<Viewer> watching) {
    Optional<Run> run = runs.find(id);
    if (run.isEmpty()) {
      watching.forEach(Viewer::close);
      return;
    }
    String state = Announcement.text(RunJson.run(run.get(), files));
    LiveRun now = live.now(run.get());
    // Nearly all have followed it to the same position: what they are told is written once.
    Map<Position, Announcement> made = new ConcurrentHashMap<>();
    Function<Position, Announcement> news =
        position -> made.computeIfAbsent(position, from -> Announcement.of(run.get(), now, from));
    for (Viewer viewer : watching) {
      if (viewer.begin()) {
        writers.execute(() -> viewer.tell(run.get(), state, news));
      }
    }
  }

  /** Ends all streams. */
  @Override
  public void close() {
    clock.shutdownNow();
    writers.shutdownNow();
    viewers.forEach(Viewer::close);
  }
}
