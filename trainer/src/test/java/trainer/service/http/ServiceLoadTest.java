package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.MetricsRow;

/** How fast answers come; {@code -Dservice.load=true} runs it, on a machine that is idle. */
@EnabledIfSystemProperty(named = "service.load", matches = "true")
final class ServiceLoadTest {
  private static final int ROWS = 100_000;
  private static final int RUNS = 1000;
  private static final int VIEWERS = 200;
  private static final int REQUESTS_PER_SECOND = 50;
  private static final int SECONDS = 10;

  @TempDir private Path folder;
  private TestService service;

  @BeforeEach
  void start() {
    service = TestService.open(folder);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static double milliseconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private static void print(String format, Object... values) {
    System.out.printf(format + "%n", values);
  }

  @Test
  void aLongCurve() throws IOException {
    String id = service.submitted(1);
    service.awaitState(id, "succeeded");
    StringBuilder text = new StringBuilder(MetricsRow.HEADER).append('\n');
    for (int i = 1; i <= ROWS; i++) {
      MetricsRow row =
          new MetricsRow(i, 0, i, i, 1 + Math.sin(i), i % 10 == 0 ? 1.5 : null, 0.1, 1.0, 1.0);
      text.append(row.line()).append('\n');
    }
    Files.writeString(service.runs().resolve(id).resolve("1/metrics.csv"), text);
    String path = "/api/v1/runs/" + id + "/metrics?points=4000";
    double first = milliseconds(() -> service.get(path));
    double second = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 5; i++) {
      second = Math.min(second, milliseconds(() -> service.get(path)));
    }
    print(
        "a curve of %,d rows: %.0f ms when it is first asked for, then %.0f ms",
        ROWS, first, second);
    assertThat(service.json(path).path("rows_in_all").asInt()).isEqualTo(ROWS);
    assertThat(second).isLessThan(200);
  }

  @Test
  void manyRuns() {
    double submission =
        milliseconds(
                () -> {
                  for (int i = 0; i < RUNS; i++) {
                    service.submitted(100_000);
                  }
                })
            / RUNS;
    service.get("/api/v1/runs?limit=200");
    double list = milliseconds(() -> service.get("/api/v1/runs?limit=200"));
    print("submission %.1f ms; a page of 200 of %,d runs %.0f ms", submission, RUNS, list);
    assertThat(list).isLessThan(500);
  }

  @Test
  @SuppressWarnings("FutureReturnValueIgnored") // the times are counted
  void manyViewers() throws Exception {
    String id = service.submitted(100_000);
    service.awaitState(id, "running");
    HttpClient client = HttpClient.newHttpClient();
    LongAdder lines = new LongAdder();
    Consumer<String> count = line -> lines.increment();
    List<CompletableFuture<?>> streams = new ArrayList<>();
    for (int i = 0; i < VIEWERS; i++) {
      streams.add(
          client.sendAsync(
              service
                  .request("/api/v1/runs/" + id + "/events")
                  .header("Accept", "text/event-stream")
                  .build(),
              BodyHandlers.fromLineSubscriber(new LineCounter(count))));
    }
    TestService.await("viewers", () -> lines.sum() > VIEWERS);
    for (int i = 0; i < 200; i++) {
      service.get("/api/v1/runs/" + id); // until both sides are compiled
    }
    List<Double> times = Collections.synchronizedList(new ArrayList<>());
    ScheduledExecutorService clock = Executors.newScheduledThreadPool(16);
    for (int i = 0; i < SECONDS * REQUESTS_PER_SECOND; i++) {
      clock.schedule(
          () -> times.add(milliseconds(() -> service.get("/api/v1/runs/" + id))),
          i * 1000L / REQUESTS_PER_SECOND,
          TimeUnit.MILLISECONDS);
    }
    clock.shutdown();
    assertThat(clock.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    streams.forEach(stream -> stream.cancel(true));
    service.post("/api/v1/runs/" + id + "/cancel", "");
    List<Double> sorted = times.stream().sorted().toList();
    double median = sorted.get(sorted.size() / 2);
    double p99 = sorted.get(sorted.size() * 99 / 100);
    print(
        "%d viewers (%,d lines of events in %d s) and %d requests/s: median %.1f ms, p99 %.1f ms",
        VIEWERS, lines.sum(), SECONDS, REQUESTS_PER_SECOND, median, p99);
    assertThat(sorted).hasSize(SECONDS * REQUESTS_PER_SECOND);
    assertThat(p99).isLessThan(100);
  }
}
