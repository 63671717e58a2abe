package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
 * Streams the events of runs (SSE). Once a second each run that has subscribers is polled, once for
 * all of them, and each is sent one batch. A single thread serves all; it never blocks on a client.
 */
final class EventRoutes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventRoutes.class);
  private static final long PERIOD_MILLISECONDS = 1000;

  private final Runs runs;
  private final LiveRuns live;
  private final Quota quota;
  private final Answers answers;
  private final long silenceNanos;
  private final Set<Subscriber> subscribers = ConcurrentHashMap.newKeySet();
  private final Map<String, RunSnapshot> newest = new ConcurrentHashMap<>(); // by run
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("events"));

  EventRoutes(Runs runs, LiveRuns live, Limits limits, Answers answers) {
    this.runs = runs;
    this.live = live;
    this.answers = answers;
    this.quota =
        new Quota(
            limits.subscribers(),
            60,
            String.format(
                Locale.ROOT,
                "%,d clients are subscribed, the limit: poll the run instead",
                limits.subscribers()));
    this.silenceNanos = limits.idle().toNanos() / 2;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // poll() catches its exceptions
  void start() {
    clock.scheduleWithFixedDelay(
        this::poll, PERIOD_MILLISECONDS, PERIOD_MILLISECONDS, TimeUnit.MILLISECONDS);
  }

  List<Route> routes() {
    return List.of(new Route(HandlerType.GET, Api.RUN + "/events", Access.READ, this::connect));
  }

  private void connect(Context context) {
    Run run = Api.run(context, runs);
    if (!String.valueOf(context.header("Accept")).contains("text/event-stream")) {
      throw new ApiProblem(
          HttpStatus.NOT_ACCEPTABLE, "events are sent as a stream: 'Accept: text/event-stream'");
    }
    // Clients that connect within a second share a snapshot; the next poll sends what it lacks.
    RunSnapshot snapshot =
        newest.compute(
            run.id(),
            (id, last) -> last != null && last.isOf(run) ? last : new RunSnapshot(run, live, runs));
    context.contentType("text/event-stream; charset=utf-8");
    context.header("X-Accel-Buffering", "no"); // proxies must not buffer
    if (context.method().equals(HandlerType.GET)) {
      subscribe(context, snapshot, run.id());
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the subscriber's own future is awaited
  private void subscribe(Context context, RunSnapshot snapshot, String id) {
    Quota.Held held = quota.take(context);
    ServletContextRequest request = ServletContextRequest.getServletContextRequest(context.req());
    Subscriber subscriber =
        new Subscriber(id, bytes -> answers.stream(request, bytes), silenceNanos);
    subscribers.add(subscriber);
    subscriber
        .closed()
        .whenComplete(
            (nothing, failure) -> {
              subscribers.remove(subscriber);
              held.close();
            });
    try {
      subscriber.send(snapshot);
    } catch (RuntimeException e) {
      subscriber.close();
      throw e;
    }
    Answers.streamed(context, subscriber.closed());
  }

  int subscribers() {
    return subscribers.size();
  }

  private void poll() {
    newest.clear();
    subscribers.stream()
        .filter(Subscriber::isReady)
        .collect(Collectors.groupingBy(Subscriber::id))
        .forEach(this::send);
  }

  private void send(String id, List<Subscriber> ready) {
    try {
      Optional<Run> run = runs.find(id);
      if (run.isEmpty()) {
        ready.forEach(Subscriber::close);
        return;
      }
      RunSnapshot snapshot = new RunSnapshot(run.get(), live, runs);
      newest.put(id, snapshot);
      ready.forEach(subscriber -> subscriber.send(snapshot));
    } catch (RuntimeException | Error e) {
      LOG.warn("{}: events were not sent, retrying: {}", id, e.toString());
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    subscribers.forEach(Subscriber::close);
  }
}
