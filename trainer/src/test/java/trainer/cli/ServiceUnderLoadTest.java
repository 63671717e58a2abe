package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real training run while many watch it and ask: how fast answers come, and what that costs the
 * training. Quiet and loaded stretches alternate, so that what else happens on the machine cancels
 * out. {@code -Dservice.load=true} runs it; the clients are in the same machine and count too.
 */
@EnabledIfSystemProperty(named = "service.load", matches = "true")
final class ServiceUnderLoadTest {
  private static final int VIEWERS = 200;
  private static final int REQUESTS_PER_SECOND = 50;
  private static final int STRETCH_SECONDS = Integer.getInteger("service.load.seconds", 40);
  private static final int PAIRS = 3;
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path temporary;
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Double> times = Collections.synchronizedList(new ArrayList<>());
  private final LongAdder lines = new LongAdder();
  private String api;

  private JsonNode get(String path) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(api + path)).build();
      return JSON.readTree(client.send(request, BodyHandlers.ofByteArray()).body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(path, e);
    }
  }

  private String submit(Path text) throws IOException, InterruptedException {
    String configuration =
        """
        data: {corpus: %s}
        model: {layers: [{type: lstm, size: 128}]}
        training: {batch_size: 32, sequence_length: 64, epochs: 10000}
        evaluation: {every_iterations: 100}
        checkpoints: {every_iterations: 1000}
        samples: {every_iterations: 1000}
        """
            .formatted(text.getFileName());
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(api + "/runs"))
            .header("Content-Type", "application/yaml")
            .POST(BodyPublishers.ofString(configuration))
            .build();
    return JSON.readTree(client.send(request, BodyHandlers.ofByteArray()).body())
        .path("id")
        .asText();
  }

  @Test
  void manyWatchAndAskDuringARealRun() throws Exception {
    Path folder = Files.createDirectories(temporary.resolve("work/datasets")).getParent();
    Path text = folder.resolve("datasets/shakespeare.txt");
    Files.copy(Path.of("../datasets/shakespeare.txt"), text);
    try (TrainerProcess service =
        TrainerProcess.start(
                folder, List.of("-XX:TieredStopAtLevel=4"), "serve", "--port", "0", "--gpus", "0")
            .awaitError("serving on ")) {
      api = service.err().replaceFirst("(?s).*serving on (http://\\S+),.*", "$1") + "/api/v1";
      String id = submit(text);
      service.await(
          "iterations", () -> get("/runs/" + id).at("/progress/iteration").asInt() >= 200);
      load(id, 10, false); // until both sides are compiled
      times.clear();
      double quiet = 0;
      double loaded = 0;
      double before = service.processorSeconds();
      double idle = 0;
      for (int pair = 0; pair < PAIRS; pair++) {
        double start = service.processorSeconds();
        quiet += speedDuring(id, () -> TrainerProcess.pause(STRETCH_SECONDS * 1000L));
        idle += service.processorSeconds() - start;
        loaded += speedDuring(id, () -> load(id, STRETCH_SECONDS, true));
      }
      double busy = service.processorSeconds() - before - idle;
      List<Double> sorted = times.stream().sorted().toList();
      double p99 = sorted.get(sorted.size() * 99 / 100);
      double slowdown = 100 * (1 - loaded / quiet);
      System.out.printf(
          Locale.ROOT,
          "%d viewers (%,d lines of events) and %d requests/s in %d stretches of %d s: median"
              + " %.1f ms, p99 %.1f ms, most %.1f ms; %.1f and %.1f iterations/s quiet and loaded:"
              + " slower by %.1f %%; the service used %.3f and %.3f processors%n",
          VIEWERS,
          lines.sum(),
          REQUESTS_PER_SECOND,
          PAIRS,
          STRETCH_SECONDS,
          sorted.get(sorted.size() / 2),
          p99,
          sorted.get(sorted.size() - 1),
          quiet / PAIRS,
          loaded / PAIRS,
          slowdown,
          idle / (PAIRS * STRETCH_SECONDS),
          busy / (PAIRS * STRETCH_SECONDS));
      assertThat(sorted).hasSize(PAIRS * STRETCH_SECONDS * REQUESTS_PER_SECOND);
      assertThat(p99).as("p99, ms").isLessThan(100);
      assertThat(slowdown).as("slowdown, %").isLessThan(5);
    }
  }

  /** Iterations per second, from row to row of the run's own figures. */
  private double speedDuring(String id, Runnable work) {
    JsonNode from = get("/runs/" + id).path("progress");
    work.run();
    JsonNode to = get("/runs/" + id).path("progress");
    return (to.path("iteration").asDouble() - from.path("iteration").asDouble())
        / (to.path("seconds").asDouble() - from.path("seconds").asDouble());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the times are counted
  private void load(String id, int seconds, boolean counted) {
    ScheduledExecutorService clock = Executors.newScheduledThreadPool(8);
    ExecutorService readers = Executors.newCachedThreadPool();
    List<InputStream> streams = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < VIEWERS; i++) {
      readers.submit(() -> view(id, streams));
    }
    String[] paths = {"/runs/" + id, "/runs?limit=50", "/runs/" + id + "/metrics?points=500"};
    for (int i = 0; i < seconds * REQUESTS_PER_SECOND; i++) {
      String path = paths[i % paths.length];
      clock.schedule(
          () -> {
            long start = System.nanoTime();
            get(path);
            times.add((System.nanoTime() - start) / 1e6);
          },
          i * 1000L / REQUESTS_PER_SECOND,
          TimeUnit.MILLISECONDS);
    }
    clock.shutdown();
    try {
      assertThat(clock.awaitTermination(seconds + 60L, TimeUnit.SECONDS)).isTrue();
      for (InputStream stream : List.copyOf(streams)) {
        stream.close();
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
    readers.shutdownNow();
    if (counted) {
      assertThat(streams).as("viewers").hasSize(VIEWERS);
    }
  }

  private void view(String id, List<InputStream> streams) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(api + "/runs/" + id + "/events"))
            .header("Accept", "text/event-stream")
            .build();
    try {
      InputStream stream = client.send(request, BodyHandlers.ofInputStream()).body();
      streams.add(stream);
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      while (reader.readLine() != null) {
        lines.increment();
      }
    } catch (IOException e) {
      // Closed at the end of the stretch.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
