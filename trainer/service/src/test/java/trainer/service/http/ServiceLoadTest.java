package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.MetricsRow;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmissionRules;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.runs.Submissions;

/** Response times; run with {@code -Dservice.load=true} on an idle machine. */
@EnabledIfSystemProperty(named = "service.load", matches = "true")
@Tag("slow")
final class ServiceLoadTest {
  private static final int ROWS = 100_000;
  private static final int RUNS = 1000;
  private static final int ROWS_OF_A_RUN = 1000;
  private static final int SUBSCRIBERS = 200;
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
    String small = service.submitted(1);
    service.awaitState(small, "succeeded");
    service.get("/api/v1/runs/" + small + "/metrics"); // the classes of both sides
    Files.writeString(service.runs().resolve(id).resolve("1/metrics.csv"), rows(ROWS));
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

  /** The queue and the files of runs that have been trained, as they are found by a service. */
  private static List<String> makeRuns(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("runs"));
    RunFiles files = new RunFiles(folder.resolve("runs"));
    List<String> ids = new ArrayList<>();
    String yaml =
        new SubmissionRules(roots(folder), false, 1)
            .read(TestService.configuration(ROWS_OF_A_RUN), "small.yml")
            .yaml();
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      Runs runs = new Runs(database);
      RunQueue queue = new RunQueue(database, "worker");
      for (int i = 0; i < RUNS; i++) {
        runs.submit(Submissions.of("small", yaml, 0, "anna", null));
        Lease lease =
            queue.take(Duration.ofMinutes(1), EnumSet.allOf(DeviceKind.class)).orElseThrow();
        files.prepare(lease, before -> true, () -> {});
        Path run = files.newest(lease.run()).path();
        Files.writeString(run.resolve("metrics.csv"), rows(ROWS_OF_A_RUN));
        Files.writeString(
            run.resolve("events.jsonl"),
            "{\"kind\":\"started\",\"details\":{\"iterations\":%d}}\n".formatted(ROWS_OF_A_RUN));
        queue.end(lease, Outcome.succeeded());
        ids.add(lease.run().id());
      }
    }
    return ids;
  }

  private static DatasetRoots roots(Path folder) throws IOException {
    Path datasets = Files.createDirectories(folder.resolve("datasets"));
    Files.writeString(datasets.resolve("text.txt"), "to be or not to be\n".repeat(100));
    return new DatasetRoots(List.of(datasets));
  }

  private static String rows(int number) {
    StringBuilder text = new StringBuilder(MetricsRow.HEADER).append('\n');
    for (int i = 1; i <= number; i++) {
      MetricsRow row =
          new MetricsRow(i, 0, i, i, 1 + Math.sin(i), i % 10 == 0 ? 1.5 : null, 0.1, 1.0, 1.0);
      text.append(row.line()).append('\n');
    }
    return text.toString();
  }

  @Test
  void manyRuns() throws IOException {
    Path full = folder.resolve("full");
    List<String> ids = makeRuns(full);
    String compare = ids.stream().limit(20).map(id -> "run=" + id).collect(Collectors.joining("&"));
    try (TestService many = TestService.open(full)) {
      String[] paths = {
        "/api/v1/runs?limit=50", "/api/v1/runs?limit=200", "/api/v1/compare?points=500&" + compare
      };
      many.get("/api/v1/runs?limit=1"); // the classes of both sides
      for (String path : paths) {
        double first = milliseconds(() -> many.get(path));
        double then = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 5; i++) {
          then = Math.min(then, milliseconds(() -> many.get(path)));
        }
        print(
            "%,d runs, %s: %.0f ms when it is first asked for, then %.0f ms",
            RUNS, path.replaceAll("run=.*", "20 runs"), first, then);
        assertThat(first).as(path).isLessThan(500);
      }
      Optional<Path> chromium = Browser.find();
      if (chromium.isPresent()) {
        try (Browser browser = Browser.open(chromium.get())) {
          pages(browser, many, ids);
        }
      }
    }
  }

  /** From the call of the page until what it is about is shown. */
  private static void pages(Browser browser, TestService many, List<String> ids) {
    String home = "http://127.0.0.1:%d/".formatted(many.port());
    String rows = "document.querySelectorAll('tbody tr').length";
    String compare = "#/compare/" + String.join(",", ids.subList(0, 20));
    for (String[] page :
        new String[][] {
          {"list", home, rows + " === 50"},
          {"list again", home + "?again", rows + " === 50"},
          {
            "compare of 20 runs",
            home + "?compare" + compare,
            "document.querySelector('canvas') !== null"
                + " && document.querySelectorAll('[data-overlay] .u-legend .u-series').length === 21"
                + " && document.querySelectorAll('[data-figures] tr').length === 20"
          }
        }) {
      double time =
          milliseconds(
              () -> {
                browser.call("Page.navigate", Map.of("url", page[1]));
                browser.await(page[2]);
              });
      print("%,d runs, the page %s in Chromium: %.0f ms", RUNS, page[0], time);
      assertThat(time).as(page[0]).isLessThan(500);
    }
  }

  @Test
  @SuppressWarnings("FutureReturnValueIgnored") // the times are counted
  void manySubscribers() throws Exception {
    String id = service.submitted(100_000);
    service.awaitState(id, "running");
    HttpClient client = HttpClient.newHttpClient();
    LongAdder lines = new LongAdder();
    Consumer<String> count = line -> lines.increment();
    List<CompletableFuture<?>> streams = new ArrayList<>();
    for (int i = 0; i < SUBSCRIBERS; i++) {
      streams.add(
          client.sendAsync(
              service
                  .request("/api/v1/runs/" + id + "/events")
                  .header("Accept", "text/event-stream")
                  .build(),
              BodyHandlers.fromLineSubscriber(new LineCounter(count))));
    }
    TestService.await("subscribers", () -> lines.sum() > SUBSCRIBERS);
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
        "%d subscribers (%,d lines of events in %d s) and %d requests/s: median %.1f ms, p99 %.1f"
            + " ms",
        SUBSCRIBERS, lines.sum(), SECONDS, REQUESTS_PER_SECOND, median, p99);
    assertThat(sorted).hasSize(SECONDS * REQUESTS_PER_SECOND);
    assertThat(p99).isLessThan(100);
  }
}
