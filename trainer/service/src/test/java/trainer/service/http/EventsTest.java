package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs as they are watched. */
@Tag("slow")
final class EventsTest {
  private static final Limits QUICK =
      new Limits(0, 1, 100, Duration.ofSeconds(3), Duration.ofSeconds(3), Duration.ofMinutes(1));

  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.open(folder);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static List<Map.Entry<String, JsonNode>> watch(String id) {
    return watch(id, () -> {});
  }

  /**
   * All events of a run, as pairs of name and data, until the stream ends.
   *
   * @param afterTheFirst done when the first has come
   */
  private static List<Map.Entry<String, JsonNode>> watch(String id, Runnable afterTheFirst) {
    HttpResponse<Stream<String>> answer =
        service.send(
            service.request("/api/v1/runs/" + id + "/events").header("Accept", "text/event-stream"),
            BodyHandlers.ofLines());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    List<Map.Entry<String, JsonNode>> events = new ArrayList<>();
    try (Stream<String> lines = answer.body()) {
      String name = "";
      for (String line : (Iterable<String>) lines::iterator) {
        if (line.startsWith("event: ")) {
          name = line.substring("event: ".length());
        } else if (line.startsWith("data: ")) {
          events.add(Map.entry(name, new JsonMapper().readTree(line.substring("data: ".length()))));
          if (events.size() == 1) {
            afterTheFirst.run();
          }
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return events;
  }

  @Test
  void aRunIsToldFromItsStartToItsEnd() {
    String before = service.submitted(10_000);
    service.awaitState(before, "running");
    String id = service.submitted(200);
    List<Map.Entry<String, JsonNode>> events =
        watch(id, () -> service.post("/api/v1/runs/" + before + "/cancel", ""));

    List<String> states = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    StringBuilder log = new StringBuilder();
    int samples = 0;
    int metricsEvents = 0;
    for (Map.Entry<String, JsonNode> event : events) {
      JsonNode data = event.getValue();
      switch (event.getKey()) {
        case "state" -> states.add(data.path("state").asText());
        case "metrics" -> {
          metricsEvents++;
          data.path("rows").forEach(row -> rows.add(row.path("iteration").asInt()));
        }
        case "sample" -> samples += data.path("samples").size();
        case "log" -> data.path("lines").forEach(line -> log.append(line.asText()).append('\n'));
        case "end" -> assertThat(event).isSameAs(events.get(events.size() - 1));
        default -> throw new AssertionError(event);
      }
    }
    assertThat(states).startsWith("queued").endsWith("succeeded").contains("running");
    assertThat(rows).as("each row once, in order").hasSize(200).isSorted().doesNotHaveDuplicates();
    assertThat(metricsEvents).as("as they come").isGreaterThan(1);
    assertThat(samples).isEqualTo(200);
    assertThat(log).startsWith("step 1\n").endsWith("step 200\n");
    assertThat(events.get(events.size() - 1).getKey()).isEqualTo("end");
  }

  @Test
  void whoComesLateIsToldEverything() {
    String id = service.submitted(5);
    service.awaitState(id, "succeeded");
    List<String> names = new ArrayList<>();
    watch(id).forEach(event -> names.add(event.getKey()));
    assertThat(names).containsExactly("state", "metrics", "sample", "log", "end");
  }

  @Test
  void aRunThatIsResumedIsToldFromItsBeginningAgain() {
    String id = service.submitted(400);
    service.awaitState(id, "running");
    TestService.await(
        "rows", () -> service.json("/api/v1/runs/" + id + "/metrics").path("rows").size() > 5);
    service.post("/api/v1/runs/" + id + "/cancel", "");
    service.awaitState(id, "cancelled");
    service.post("/api/v1/runs/" + id + "/resume", "");
    List<Map.Entry<String, JsonNode>> events = watch(id);

    TreeSet<Integer> rows = new TreeSet<>();
    for (Map.Entry<String, JsonNode> event : events) {
      if (event.getKey().equals("metrics")) {
        if (event.getValue().path("replace").asBoolean()) {
          rows.clear();
        }
        event.getValue().path("rows").forEach(row -> rows.add(row.path("iteration").asInt()));
      }
    }
    assertThat(rows).hasSize(400);
  }

  @Test
  void onlyAStreamIsAskedFor() {
    String id = service.submitted(1);
    assertThat(service.get("/api/v1/runs/" + id + "/events").statusCode()).isEqualTo(406);
    assertThat(
            service
                .send(
                    service
                        .request("/api/v1/runs/small-00000000/events")
                        .header("Accept", "text/event-stream"))
                .statusCode())
        .isEqualTo(404);
  }

  @Test
  void theStreamEndsWithADeletedRun() {
    String id = service.submitted(1);
    service.awaitState(id, "succeeded");
    service.send(service.request("/api/v1/runs/" + id).DELETE());
    HttpResponse<String> gone =
        service.send(
            service
                .request("/api/v1/runs/" + id + "/events")
                .header("Accept", "text/event-stream"));
    assertThat(gone.statusCode()).isEqualTo(404);
  }

  /** Subscribes without reading. */
  private static Socket watchDeaf(int port, String id) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    String request =
        "GET /api/v1/runs/%s/events HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Accept: text/event-stream\r\n\r\n";
    socket.getOutputStream().write(request.formatted(id).getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** Lines of a run's events as they come. */
  private static Stream<String> lines(TestService service, String id) {
    HttpResponse<InputStream> answer =
        service.send(
            service.request("/api/v1/runs/" + id + "/events").header("Accept", "text/event-stream"),
            BodyHandlers.ofInputStream());
    return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)).lines();
  }

  private static void awaitSubscribers(TestService service, int number) {
    String wanted = "\ntrainer_viewers %d.0\n".formatted(number);
    TestService.await(wanted, () -> service.get("/metrics").body().contains(wanted));
  }

  @Test
  void whoReadsNothingHoldsUpNobodyAndIsDropped(@TempDir Path other) throws Exception {
    List<Socket> deaf = new ArrayList<>();
    try (TestService quick = TestService.withLimits(other, QUICK)) {
      String id = quick.submitted(100_000);
      quick.awaitState(id, "running");
      for (int i = 0; i < 40; i++) {
        deaf.add(watchDeaf(quick.port(), id));
      }
      Semaphore samples = new Semaphore(0);
      Semaphore metrics = new Semaphore(0);
      Consumer<String> hear =
          line -> {
            if (line.equals("event: metrics")) {
              metrics.release();
            } else if (line.contains("never read")) {
              samples.release();
            }
          };
      // Java's own subscriber to lines takes seconds for long ones.
      CompletableFuture<Void> stream =
          CompletableFuture.runAsync(() -> lines(quick, id).forEach(hear));
      awaitSubscribers(quick, deaf.size() + 1);
      // More than the socket buffers hold: 5 MB, because each \0 takes six characters in JSON.
      String text = "never read" + "\0".repeat(90_000);
      String sample =
          "=== iteration 1, temperature 0.5, %d characters ===\n%s\n\n"
              .formatted(text.length(), text)
              .repeat(10);
      Path file = quick.runs().resolve(id).resolve("1/samples.txt");
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        // At once: the run writes there too.
        assertThat(channel.write(StandardCharsets.UTF_8.encode(sample))).isEqualTo(sample.length());
      }
      // Waiting for the 40 would take two minutes, each as long as a connection may be idle.
      assertThat(samples.tryAcquire(20, TimeUnit.SECONDS)).as("what others do not read").isTrue();
      metrics.drainPermits();
      assertThat(metrics.tryAcquire(20, TimeUnit.SECONDS)).as("the next look").isTrue();
      awaitSubscribers(quick, 1);
      assertThat(stream).as("who reads").isNotDone();
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
    }
  }
}
