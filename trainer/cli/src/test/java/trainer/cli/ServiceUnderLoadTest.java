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
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Latency of a service under load while it trains a run on all cores, and the slowdown of training.
 * Idle and loaded periods alternate, so that other work on the machine cancels out. The clients are
 * processes of their own; the subscribers run with {@code nice -n 19}, those whose latency is
 * measured do not. Enabled by {@code -Dservice.load=true}.
 */
@EnabledIfSystemProperty(named = "service.load", matches = "true")
@Tag("slow")
final class ServiceUnderLoadTest {
  private static final int SUBSCRIBERS = 200;
  private static final int REQUESTS_PER_SECOND = 50;
  private static final int PERIOD_SECONDS = Integer.getInteger("service.load.seconds", 10);
  private static final int PAIRS = Integer.getInteger("service.load.pairs", 12);
  private static final int WARM_UP_SECONDS = 100;
  private static final int WARM_UP_REQUESTS_PER_SECOND = 300;
  private static final int SETTLING_SECONDS =
      5; // all subscribers have received the backlog by then
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path temporary;
  private final HttpClient client = HttpClient.newHttpClient();
  private Path folder;
  private String api;

  /** Client measurements; times in milliseconds. */
  private record Load(double processorSeconds, double bytes, double broken, List<Double> times) {}

  /** Periods of one kind. */
  private final class Periods {
    private final String id;
    private final TrainerProcess service;
    private final List<Double> speeds = new ArrayList<>();
    private double serviceSeconds;

    Periods(String id, TrainerProcess service) {
      this.id = id;
      this.service = service;
    }

    /** Waits for the end of a period. */
    void add() {
      double before = service.processorSeconds();
      JsonNode from = get("/runs/" + id).path("progress");
      TrainerProcess.pause(PERIOD_SECONDS * 1000L);
      JsonNode to = get("/runs/" + id).path("progress");
      serviceSeconds += service.processorSeconds() - before;
      speeds.add(
          (to.path("iteration").asDouble() - from.path("iteration").asDouble())
              / (to.path("seconds").asDouble() - from.path("seconds").asDouble()));
    }

    /** Iterations per second, from the run's metrics. */
    double speed() {
      return speeds.stream().mapToDouble(speed -> speed).average().orElseThrow();
    }

    double processors() {
      return serviceSeconds / (speeds.size() * PERIOD_SECONDS);
    }
  }

  /** A process of {@link LoadClients}. */
  private final class Clients implements AutoCloseable {
    private final TrainerProcess process;
    private int lines;

    Clients(int niceness, String id, int subscribers, int requestsPerSecond) {
      process =
          TrainerProcess.startMainBy(
              List.of("nice", "-n", String.valueOf(niceness)),
              folder,
              LoadClients.class,
              String.valueOf(URI.create(api).getPort()),
              id,
              String.valueOf(subscribers),
              String.valueOf(requestsPerSecond));
    }

    /** Starts the load; returns when all clients are connected. */
    void begin(int seconds) {
      process.writeLine(String.valueOf(seconds));
      line();
    }

    /** CPU seconds, bytes, aborted streams, milliseconds of each request. */
    double[] end() {
      return Stream.of(line().split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    private String line() {
      int wanted = ++lines;
      process.await("answer", () -> process.out().chars().filter(c -> c == '\n').count() >= wanted);
      return process.out().lines().toList().get(wanted - 1);
    }

    @Override
    public void close() {
      process.close();
    }
  }

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
  void latencyDuringARealRun() throws Exception {
    folder = Files.createDirectories(temporary.resolve("work/datasets")).getParent();
    Path text = folder.resolve("datasets/shakespeare.txt");
    Files.copy(Path.of("../../datasets/shakespeare.txt"), text);
    try (TrainerProcess service =
        TrainerProcess.startAsUsersDo(folder, "serve", "--port", "0", "--gpus", "0")
            .awaitError("serving on ")) {
      api = service.err().replaceFirst("(?s).*serving on (http://\\S+),.*", "$1") + "/api/v1";
      String id = submit(text);
      service.await(
          "iterations", () -> get("/runs/" + id).at("/progress/iteration").asInt() >= 200);
      try (Clients subscribers = new Clients(19, id, SUBSCRIBERS, 0);
          Clients callers = new Clients(0, id, 0, REQUESTS_PER_SECOND)) {
        // JIT warm-up: about 30,000 requests.
        try (Clients many = new Clients(0, id, 0, WARM_UP_REQUESTS_PER_SECOND)) {
          load(subscribers, many, WARM_UP_SECONDS, () -> {});
        }
        load(subscribers, callers, SETTLING_SECONDS, () -> {});
        measure(id, service, subscribers, callers);
      }
    }
  }

  private void measure(String id, TrainerProcess service, Clients subscribers, Clients callers) {
    Periods quiet = new Periods(id, service);
    Periods loaded = new Periods(id, service);
    int loadSeconds = PERIOD_SECONDS + 2 * SETTLING_SECONDS;
    List<Double> times = new ArrayList<>();
    double clientSeconds = 0;
    double bytes = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
      TrainerProcess.pause(SETTLING_SECONDS * 1000L);
      quiet.add();
      Load load = load(subscribers, callers, loadSeconds, loaded::add);
      assertThat(load.broken()).as("streams that broke off").isZero();
      clientSeconds += load.processorSeconds();
      bytes += load.bytes();
      times.addAll(load.times());
    }
    times.sort(null);
    double p99 = times.get(times.size() * 99 / 100);
    double slowdown = 100 * (1 - loaded.speed() / quiet.speed());
    System.out.printf(
        Locale.ROOT,
        "%d subscribers (%,.0f bytes of events) and %d requests/s in %d periods of %d s: median %.1f"
            + " ms, p99 %.1f ms, most %.1f ms; %.1f and %.1f iterations/s quiet and loaded: slower"
            + " by %.1f %% (by pairs %s); the service used %.3f and %.3f processors, the clients"
            + " %.3f%n",
        SUBSCRIBERS,
        bytes,
        REQUESTS_PER_SECOND,
        PAIRS,
        PERIOD_SECONDS,
        times.get(times.size() / 2),
        p99,
        times.get(times.size() - 1),
        quiet.speed(),
        loaded.speed(),
        slowdown,
        IntStream.range(0, PAIRS)
            .mapToObj(i -> "%.1f".formatted(100 * (1 - loaded.speeds.get(i) / quiet.speeds.get(i))))
            .toList(),
        quiet.processors(),
        loaded.processors(),
        clientSeconds / (PAIRS * loadSeconds));
    assertThat(times).hasSize(PAIRS * loadSeconds * REQUESTS_PER_SECOND);
    assertThat(p99).as("p99, ms").isLessThan(100);
    assertThat(slowdown).as("slowdown, %").isLessThan(5);
  }

  /** Runs both kinds of clients, and {@code meanwhile} once the load is steady. */
  private Load load(Clients subscribers, Clients callers, int seconds, Runnable meanwhile) {
    subscribers.begin(seconds);
    callers.begin(seconds);
    TrainerProcess.pause(SETTLING_SECONDS * 1000L);
    meanwhile.run();
    double[] events = subscribers.end();
    double[] requests = callers.end();
    return new Load(
        events[0] + requests[0],
        events[1],
        events[2],
        DoubleStream.of(requests).skip(3).boxed().toList());
  }
}
