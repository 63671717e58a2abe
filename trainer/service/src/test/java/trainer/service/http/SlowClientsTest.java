package trainer.service.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static trainer.service.http.TestService.json;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send and read slowly do not keep the service from answering others. */
final class SlowClientsTest {
  private static final String READ = "r".repeat(32);
  private static final String SUBMIT = "s".repeat(32);
  // Slow clients hold what they hold for 20 s at least; the processors may be busy.
  private static final Duration PROBE = Duration.ofSeconds(8);
  private static final Duration SUBMISSION = Duration.ofSeconds(15);
  private static final int ROUNDS = Integer.getInteger("service.slow.rounds", 4);
  private static final int FILE_BYTES = 50_000_000;
  private static final int RECEIVE_BUFFER_BYTES = 2048;

  private static final Duration IDLE = Duration.ofMinutes(1);
  private static final Duration PATIENCE = IDLE.dividedBy(4); // what is held, is held for longer

  @TempDir private Path folder;
  private Path tokens;
  private final List<Socket> clients = new ArrayList<>();
  private TestService service;
  private String id;

  @BeforeEach
  void writeTokens() throws IOException {
    tokens = folder.resolve("tokens");
    Files.writeString(tokens, "read rosa %s\nsubmit sam %s\n".formatted(READ, SUBMIT));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
  }

  /** A service with the usual limits and a run with a large model. */
  private void start() throws IOException {
    service = TestService.withTokens(folder, tokens);
    id = json(submit(1)).path("id").asText();
    TestService.await("succeeded", () -> get("/api/v1/runs/" + id).body().contains("succeeded"));
    Path model = service.runs().resolve(id).resolve("1/model.zip");
    try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
      file.setLength(FILE_BYTES);
    }
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
    if (service != null) {
      service.close();
    }
  }

  private HttpResponse<String> get(String path) {
    return service.send(
        service.request(path).header("Authorization", "Bearer " + READ).timeout(SUBMISSION));
  }

  private HttpResponse<String> submit(int steps) {
    return submit(service, steps, SUBMISSION);
  }

  private static HttpResponse<String> submit(TestService to, int steps, Duration patience) {
    return to.send(
        to.request("/api/v1/runs")
            .timeout(patience)
            .header("Authorization", "Bearer " + SUBMIT)
            .header("Content-Type", "application/yaml")
            .POST(BodyPublishers.ofString(TestService.configuration(steps))));
  }

  private void openBodies(int number) throws IOException {
    connect(
        service,
        number,
        request(
            "POST /api/v1/runs/" + id + "/generate",
            "Content-Type: application/json\r\nContent-Length: 60000\r\n"));
  }

  private void openDownloads(int number) throws IOException {
    connect(service, number, request("GET /api/v1/runs/" + id + "/model.zip", ""));
  }

  private void trickle() {
    for (Socket client : clients) {
      try {
        client.getOutputStream().write(' ');
        if (client.getInputStream().available() > 0) {
          client.getInputStream().read();
        }
      } catch (IOException e) {
        // the service has ended it
      }
    }
  }

  private void assertProbesAnswer() {
    assertProbesAnswer(service, PROBE);
  }

  /**
   * Each over a connection of its own. A second try is for a machine whose processors were busy
   * with other programs; clients that hold the service's threads hold them for longer.
   */
  private static void assertProbesAnswer(TestService of, Duration patience) {
    for (String probe : List.of("/healthz", "/readyz", "/metrics")) {
      String request = request("GET " + probe, "Connection: close\r\n");
      String answer = of.rawWithin(request, (int) patience.toMillis());
      if (answer.isEmpty()) {
        answer = of.rawWithin(request, (int) patience.toMillis());
      }
      assertThat(answer).as(probe).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void ofOneTokenLeaveThreadsForOthers() throws IOException, InterruptedException {
    start();
    openBodies(70);
    openDownloads(70);
    for (int i = 0; i < 3; i++) {
      trickle();
      assertProbesAnswer();
      TimeUnit.MILLISECONDS.sleep(300);
    }
    assertThat(submit(1).statusCode()).isEqualTo(201);
  }

  private static String pipelined(String path, String headers) {
    return "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n".formatted(path, headers).repeat(40);
  }

  /** Needs no token: a part of the page is 200 KB. */
  private static String partOfThePage(TestService service) {
    Matcher asset = Pattern.compile("assets/\\w+/uplot.js").matcher(service.get("/").body());
    assertThat(asset.find()).isTrue();
    return "/" + asset.group();
  }

  private static String events(String id) {
    return request("GET /api/v1/runs/" + id + "/events", "Accept: text/event-stream\r\n");
  }

  private static String request(String line, String headers) {
    return "%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s\r\n"
        .formatted(line, READ, headers);
  }

  private void connect(TestService to, int number, String request) throws IOException {
    for (int i = 0; i < number; i++) {
      Socket client = new Socket();
      clients.add(client);
      client.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
      client.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), to.port()),
          (int) PATIENCE.toMillis());
      client.getOutputStream().write(request.getBytes(ISO_8859_1));
    }
  }

  @Test
  void thatReadNoAnswersLeaveThreadsForOthers() throws IOException, InterruptedException {
    start();
    connect(service, 130, pipelined(partOfThePage(service), ""));
    TimeUnit.SECONDS.sleep(3); // until the buffers between them and the service are full
    assertProbesAnswer();
    assertThat(submit(1).statusCode()).isEqualTo(201);
  }

  /** More than a service has: those that wait longest for their clients are closed. */
  @ParameterizedTest
  @ValueSource(
      strings = {"nothing", "half a head", "no answer read", "probes", "event streams of a token"})
  void withAllConnectionsLeaveSomeToOthers(String clients) throws IOException {
    Limits few = new Limits(1000, 100, 100, 80, 10, 10, 1 << 20, IDLE, IDLE, IDLE);
    try (TestService small = TestService.with(folder.resolve("small"), tokens, few)) {
      String request =
          switch (clients) {
            case "nothing" -> "";
            case "half a head" -> "GET / HTTP/1.1\r\nX: ";
            case "no answer read" -> pipelined(partOfThePage(small), "");
            case "probes" -> pipelined("/readyz", "");
            default -> events(json(submit(small, 100_000, PATIENCE)).path("id").asText());
          };
      for (int i = 0; i < 5; i++) {
        connect(small, 60, request);
        assertProbesAnswer(small, PATIENCE);
        assertThat(submit(small, 1, PATIENCE).statusCode()).isEqualTo(201);
      }
    }
  }

  /** A byte now and then keeps a connection from being idle. */
  @Test
  void thatDoNotEndTheirHeadAreDisconnected() throws IOException, InterruptedException {
    Duration second = Duration.ofSeconds(1);
    Limits brief = new Limits(0, 1, 1, second, second, second);
    try (TestService other = TestService.withLimits(folder.resolve("other"), brief);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), other.port())) {
      OutputStream out = client.getOutputStream();
      for (int request = 0; request < 3; request++) {
        out.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));
        TimeUnit.MILLISECONDS.sleep(500); // one that is used goes on
        assertThat(client.getInputStream().read()).isPositive();
        client.getInputStream().skipNBytes(client.getInputStream().available());
      }
      out.write("GET /healthz HTTP/1.1\r\nX: ".getBytes(ISO_8859_1));
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  out.write('x');
                  TimeUnit.MILLISECONDS.sleep(50);
                }
              })
          .isInstanceOf(SocketException.class);
    }
  }

  @Test
  @Tag("slow")
  void atOnceWithOneThousandSubscribers() throws IOException, InterruptedException {
    start();
    connect(service, 1000, events(json(submit(100_000)).path("id").asText()));
    openBodies(200);
    openDownloads(200);
    assertProbesAnswer(service, PATIENCE); // all have been accepted
    for (int i = 0; i < ROUNDS; i++) {
      trickle();
      assertProbesAnswer();
      assertThat(submit(1).statusCode()).isEqualTo(201);
      TimeUnit.MILLISECONDS.sleep(500);
    }
    System.gc();
    Runtime java = Runtime.getRuntime();
    long megabytes = (java.totalMemory() - java.freeMemory()) / 1_000_000;
    System.out.printf("1,400 slow clients: %,d MB of memory in use%n", megabytes);
    assertThat(megabytes).isLessThan(300);
  }
}
