package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real training run on all processors while many watch it and ask: how fast answers come, and
 * what that costs the training. Quiet and loaded stretches alternate, so that what else happens on
 * the machine cancels out. The clients stand for other machines: they are processes of their own
 * that do next to nothing, and those that watch go behind all else ({@code nice -n 19}); those
 * whose times are taken do not. {@code -Dservice.load=true} runs it.
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
  private final List<Double> times = new ArrayList<>();
  private Path folder;
  private String api;
  private double clientSeconds;
  private long bytes;

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
    folder = Files.createDirectories(temporary.resolve("work/datasets")).getParent();
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
      load(id, 60); // until the service is compiled, as one is that has run for a while
      times.clear();
      clientSeconds = 0;
      bytes = 0;
      double quiet = 0;
      double loaded = 0;
      double before = service.processorSeconds();
      double idle = 0;
      for (int pair = 0; pair < PAIRS; pair++) {
        double start = service.processorSeconds();
        quiet += speedDuring(id, () -> TrainerProcess.pause(STRETCH_SECONDS * 1000L));
        idle += service.processorSeconds() - start;
        loaded += speedDuring(id, () -> load(id, STRETCH_SECONDS));
      }
      double busy = service.processorSeconds() - before - idle;
      List<Double> sorted = times.stream().sorted().toList();
      double p99 = sorted.get(sorted.size() * 99 / 100);
      double slowdown = 100 * (1 - loaded / quiet);
      System.out.printf(
          Locale.ROOT,
          "%d viewers (%,d bytes of events) and %d requests/s in %d stretches of %d s: median"
              + " %.1f ms, p99 %.1f ms, most %.1f ms; %.1f and %.1f iterations/s quiet and loaded:"
              + " slower by %.1f %%; the service used %.3f and %.3f processors, the clients %.3f%n",
          VIEWERS,
          bytes,
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
          busy / (PAIRS * STRETCH_SECONDS),
          clientSeconds / (PAIRS * STRETCH_SECONDS));
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

  /** What the clients saw, in a stretch. */
  private void load(String id, int seconds) {
    CompletableFuture<List<String>> viewers =
        CompletableFuture.supplyAsync(() -> clients(19, id, VIEWERS, 0, seconds));
    List<String> answers = clients(0, id, 0, REQUESTS_PER_SECOND, seconds);
    answers.stream().skip(3).map(Double::valueOf).forEach(times::add);
    List<String> watched = viewers.join();
    clientSeconds += Double.parseDouble(answers.get(0)) + Double.parseDouble(watched.get(0));
    bytes += Long.parseLong(watched.get(1));
    assertThat(watched.get(2)).as("streams that broke off").isEqualTo("0");
  }

  private List<String> clients(
      int niceness, String id, int viewers, int requestsPerSecond, int seconds) {
    TrainerProcess.Result result =
        TrainerProcess.runMainBy(
            List.of("nice", "-n", String.valueOf(niceness)),
            folder,
            LoadClients.class,
            String.valueOf(URI.create(api).getPort()),
            id,
            String.valueOf(viewers),
            String.valueOf(requestsPerSecond),
            String.valueOf(seconds));
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out().lines().toList();
  }
}
