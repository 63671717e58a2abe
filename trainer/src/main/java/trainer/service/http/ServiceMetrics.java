package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import trainer.service.live.Progress;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.worker.Worker;

/** What Prometheus is told. The figures of the runs are taken when it asks. */
final class ServiceMetrics {
  private static final int MOST_RUNS = 100;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Runs runs;
  private final RunFiles files;
  private final Map<RunState, Integer> counts = new ConcurrentHashMap<>();
  private volatile double charactersPerSecond;

  ServiceMetrics(Runs runs, RunFiles files, Worker worker, EventRoutes events) {
    this.runs = runs;
    this.files = files;
    for (RunState state : RunState.values()) {
      Gauge.builder("trainer.runs", () -> counts.getOrDefault(state, 0))
          .tags("state", state.word())
          .description("Runs by state, in the whole database")
          .register(registry);
    }
    Gauge.builder("trainer.slots", worker::slots)
        .description("Runs that this process can train at a time")
        .register(registry);
    Gauge.builder("trainer.slots.used", worker::running)
        .description("Runs that this process trains")
        .register(registry);
    Gauge.builder("trainer.characters.per.second", () -> charactersPerSecond)
        .description("Characters trained on per second, over all runs that are running")
        .register(registry);
    Gauge.builder("trainer.viewers", events::viewers)
        .description("Streams of events that are open")
        .register(registry);
    new JvmThreadMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  Route route() {
    return new Route(HandlerType.GET, "/metrics", Access.READ, this::answer);
  }

  private void answer(Context context) {
    counts.putAll(runs.counts());
    double speed = 0;
    for (Run run : runs.list(RunState.RUNNING, null, MOST_RUNS)) {
      speed +=
          Progress.of(files.newest(run))
              .map(progress -> progress.last().charactersPerSecond())
              .filter(Double::isFinite)
              .orElse(0.0);
    }
    charactersPerSecond = speed;
    context.result(registry.scrape()).contentType("text/plain; version=0.0.4; charset=utf-8");
  }

  /**
   * Counts a request.
   *
   * @param route its pattern, such as {@code /api/v1/runs/{id}}: there are only so many
   */
  void request(String method, String route, int status, float milliseconds) {
    Timer.builder("trainer.http.requests")
        .description("Requests answered")
        .tags(Tags.of("method", method, "route", route, "status", Integer.toString(status)))
        .register(registry)
        .record(Duration.ofNanos((long) (milliseconds * 1e6)));
  }
}
