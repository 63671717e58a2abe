package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.live.LiveRuns;
import trainer.service.runs.Run;
import trainer.service.runs.Runs;

/**
 * Tells browsers what happens to a run while it happens. Once a second each run that is watched is
 * looked at, however many watch it, and what is new goes to each of them in one piece. One thread
 * does this for all; it waits for nobody.
 */
final class EventRoutes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventRoutes.class);
  private static final long PERIOD_MILLISECONDS = 1000;

  private final Runs runs;
  private final LiveRuns live;
  private final int mostViewers;
  private final long silenceNanos;
  private final Set<Viewer> viewers = ConcurrentHashMap.newKeySet();
  private final Map<String, News> newest = new ConcurrentHashMap<>(); // by run
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("events"));

  EventRoutes(Runs runs, LiveRuns live, Limits limits) {
    this.runs = runs;
    this.live = live;
    this.mostViewers = limits.viewers();
    this.silenceNanos = limits.idle().toNanos() / 2;
  }

  /** Begins to look. */
  @SuppressWarnings("FutureReturnValueIgnored") // look() lets no exception out
  void start() {
    clock.scheduleWithFixedDelay(
        this::look, PERIOD_MILLISECONDS, PERIOD_MILLISECONDS, TimeUnit.MILLISECONDS);
  }

  List<Route> routes() {
    return List.of(new Route(HandlerType.GET, Api.RUN + "/events", Access.READ, this::connect));
  }

  private void connect(Context context) {
    Run run = Api.run(context, runs);
    if (!String.valueOf(context.header("Accept")).contains("text/event-stream")) {
      throw new Problem(
          HttpStatus.NOT_ACCEPTABLE, "events are sent as a stream: 'Accept: text/event-stream'");
    }
    if (viewers.size() >= mostViewers) {
      context.header("Retry-After", "60");
      throw new Problem(
          HttpStatus.SERVICE_UNAVAILABLE,
          "%,d are watching already: ask for the run now and then instead".formatted(mostViewers));
    }
    // Many who come within a second are told the same; the next look tells them what they missed.
    News news =
        newest.compute(
            run.id(), (id, last) -> last != null && last.isOf(run) ? last : new News(run, live));
    context.contentType("text/event-stream; charset=utf-8");
    context.header("X-Accel-Buffering", "no"); // a proxy shall pass events on as they come
    context.future(() -> watch(context, news, run.id()));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // that of the viewer is returned
  private CompletableFuture<Void> watch(Context context, News news, String id) {
    ServletContextRequest request = ServletContextRequest.getServletContextRequest(context.req());
    Viewer viewer = new Viewer(id, request.getServletContextResponse(), silenceNanos);
    viewer.tell(news);
    viewers.add(viewer);
    viewer.gone().whenComplete((nothing, failure) -> viewers.remove(viewer));
    return viewer.gone();
  }

  /** How many watch. */
  int viewers() {
    return viewers.size();
  }

  private void look() {
    newest.clear();
    viewers.stream()
        .filter(Viewer::isReady)
        .collect(Collectors.groupingBy(Viewer::id))
        .forEach(this::tell);
  }

  private void tell(String id, List<Viewer> watching) {
    try {
      Optional<Run> run = runs.find(id);
      if (run.isEmpty()) {
        watching.forEach(Viewer::end);
        return;
      }
      News news = new News(run.get(), live);
      newest.put(id, news);
      watching.forEach(viewer -> viewer.tell(news));
    } catch (RuntimeException e) {
      LOG.warn("those who watch {} were not told of news: {}", id, e.toString());
    }
  }

  /** Ends all streams. */
  @Override
  public void close() {
    clock.shutdownNow();
    viewers.forEach(Viewer::end);
  }
}
