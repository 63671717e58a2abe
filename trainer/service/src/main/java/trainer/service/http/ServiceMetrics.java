package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import trainer.service.devices.NvidiaSmi;
import trainer.service.live.LiveRuns;
import trainer.service.live.RunProgress;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.schedule.Schedule;
import trainer.service.schedule.Schedules;
import trainer.service.schedule.TriggerRunState;
import trainer.service.worker.Slot;
import trainer.service.worker.Worker;

/** Metrics for Prometheus. Figures of runs and schedules are queried at each scrape. */
final class ServiceMetrics {
  private static final int MOST_RUNS = 100;
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Runs runs;
  private final LiveRuns live;
  private final Schedules schedules;
  private final Worker worker;
  private final NvidiaSmi gpus = new NvidiaSmi();
  private final MultiGauge losses;
  private final MultiGauge nextTriggerRuns;
  private final MultiGauge triggerRuns;
  private final MultiGauge gpuUsed;
  private final MultiGauge gpuTotal;
  private final Map<RunState, Integer> counts = new ConcurrentHashMap<>();
  private final Map<Kind, Timer> timers = new ConcurrentHashMap<>();
  private volatile double charactersPerSecond;
  private FixedText scraped;
  private long scrapedNanos; // when it began

  /** The labels of request metrics. */
  private record Kind(String method, String route, int status) {}

  ServiceMetrics(Runs runs, LiveRuns live, Schedules schedules, Worker worker, EventRoutes events) {
    this.runs = runs;
    this.live = live;
    this.schedules = schedules;
    this.worker = worker;
    losses =
        MultiGauge.builder("trainer.run.loss")
            .description("Latest losses of running runs, nats per character")
            .register(registry);
    nextTriggerRuns =
        MultiGauge.builder("trainer.schedule.next.timestamp")
            .baseUnit("seconds")
            .description("Next trigger of each schedule that is not paused, since 1970-01-01 UTC")
            .register(registry);
    triggerRuns =
        MultiGauge.builder("trainer.firings")
            .description("Trigger runs by schedule and state, in the whole database")
            .register(registry);
    gpuUsed =
        MultiGauge.builder("trainer.gpu.memory.used")
            .baseUnit("bytes")
            .description("Memory in use on each GPU of this node")
            .register(registry);
    gpuTotal =
        MultiGauge.builder("trainer.gpu.memory.total")
            .baseUnit("bytes")
            .description("Memory of each GPU of this node")
            .register(registry);
    for (RunState state : RunState.values()) {
      Gauge.builder("trainer.runs", () -> counts.getOrDefault(state, 0))
          .tags("state", state.word())
          .description("Runs by state, in the whole database")
          .register(registry);
    }
    Gauge.builder("trainer.slots", worker::slots)
        .description("Slots of this process")
        .register(registry);
    Gauge.builder("trainer.slots.used", worker::used)
        .description("Slots in use")
        .register(registry);
    Gauge.builder("trainer.characters.per.second", () -> charactersPerSecond)
        .description("Training speed, summed over running runs")
        .register(registry);
    Gauge.builder("trainer.viewers", events::subscribers)
        .description("Open event streams")
        .register(registry);
    new JvmThreadMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  Route route() {
    return new Route(HandlerType.GET, "/metrics", Access.READ, this::answer);
  }

  /** Requests that wait at a time have one scrape, however many they are. */
  private synchronized void answer(Context context) {
    if (scraped == null || scrapedNanos - Answers.request(context).getHeadersNanoTime() < 0) {
      scrapedNanos = System.nanoTime();
      update();
      byte[] text = registry.scrape().getBytes(StandardCharsets.UTF_8);
      scraped = new FixedText(text, "text/plain; version=0.0.4; charset=utf-8");
    }
    scraped.answer(context);
  }

  private void update() {
    counts.putAll(runs.counts());
    double speed = 0;
    List<Row<?>> rows = new ArrayList<>();
    for (Run run : runs.list(RunState.RUNNING, null, MOST_RUNS)) {
      RunProgress progress = live.progress(run).orElse(null);
      if (progress != null) {
        Double now = progress.charactersPerSecond();
        speed += now != null && Double.isFinite(now) ? now : 0;
        addLoss(rows, run, "train", progress.last().trainLoss());
        addLoss(rows, run, "validation", progress.validationLoss());
        addLoss(rows, run, "best_validation", progress.bestValidationLoss());
      }
    }
    charactersPerSecond = speed;
    losses.register(rows, true);
    updateSchedules();
    if (worker.uses().stream().anyMatch(use -> use.slot() instanceof Slot.Gpu)) {
      List<NvidiaSmi.Memory> memory = gpus.memory();
      gpuUsed.register(rows(memory, NvidiaSmi.Memory::used), true);
      gpuTotal.register(rows(memory, NvidiaSmi.Memory::total), true);
    }
  }

  private void updateSchedules() {
    Map<Tags, Integer> counts = new LinkedHashMap<>();
    List<Row<?>> next = new ArrayList<>();
    for (Schedule schedule : schedules.list()) {
      String name = schedule.plan().name();
      for (TriggerRunState state : TriggerRunState.values()) {
        counts.put(tags(name, state), 0); // so that the first increase is visible
      }
      if (!schedule.paused()) {
        next.add(Row.of(Tags.of("schedule", name), schedule.nextAt().getEpochSecond()));
      }
    }
    for (Schedules.Count count : schedules.counts()) {
      counts.put(tags(count.schedule(), count.state()), count.triggerRuns());
    }
    nextTriggerRuns.register(next, true);
    List<Row<?>> rows = new ArrayList<>();
    counts.forEach((tags, number) -> rows.add(Row.of(tags, number)));
    triggerRuns.register(rows, true);
  }

  private static Tags tags(String schedule, TriggerRunState state) {
    return Tags.of("schedule", schedule, "state", state.word());
  }

  private static void addLoss(List<Row<?>> rows, Run run, String split, Double loss) {
    if (loss != null && Double.isFinite(loss)) {
      rows.add(Row.of(Tags.of("run", run.id(), "split", split), loss));
    }
  }

  private static List<Row<?>> rows(
      List<NvidiaSmi.Memory> memory, ToLongFunction<NvidiaSmi.Memory> part) {
    List<Row<?>> rows = new ArrayList<>();
    for (NvidiaSmi.Memory use : memory) {
      rows.add(Row.of(Tags.of("gpu", Integer.toString(use.gpu())), part.applyAsLong(use)));
    }
    return rows;
  }

  /**
   * Counts a request. Labels have bounded cardinality.
   *
   * @param route pattern, such as {@code /api/v1/runs/{id}}
   */
  void request(String method, String route, int status, float milliseconds) {
    timers
        .computeIfAbsent(new Kind(method, route, status), this::timer)
        .record(Duration.ofNanos((long) (milliseconds * 1e6)));
  }

  private Timer timer(Kind kind) {
    return Timer.builder("trainer.http.requests")
        .description("Requests answered")
        .serviceLevelObjectives(BUCKETS)
        .tags("method", kind.method(), "route", kind.route())
        .tags("status", Integer.toString(kind.status()))
        .register(registry);
  }
}
