package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import trainer.service.database.TestDatabases;
import trainer.service.devices.DeviceSurvey;
import trainer.service.worker.StandInWorker;

/** A service with a program that stands in for the trainer, and a client of it. */
final class TestService implements AutoCloseable {
  /** Largest text that may be uploaded. */
  static final int UPLOAD_BYTES = 100_000;

  private static final int QUEUED_RUNS = 10_000;

  private static final Limits LIMITS = new Limits(UPLOAD_BYTES, QUEUED_RUNS);
  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;
  private final Service service;
  private final HttpClient client = HttpClient.newHttpClient();

  private TestService(Path folder, String database, Tokens tokens, Limits limits) {
    try {
      this.folder = folder;
      Files.createDirectories(folder.resolve("datasets"));
      Files.writeString(folder.resolve("datasets/text.txt"), "to be or not to be\n".repeat(100));
      service =
          new Service(
              new Service.Settings(
                  "127.0.0.1",
                  0,
                  folder.resolve("runs"),
                  database,
                  tokens,
                  Set.of("trainer.example.org"),
                  Set.of("localhost"),
                  List.of(folder.resolve("datasets")),
                  limits,
                  new DeviceSurvey(StandInWorker.program().program()),
                  StandInWorker.program(),
                  StandInWorker.settings(1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TestService open(Path folder) {
    return withLimits(folder, LIMITS);
  }

  /** One with limits of its own. */
  static TestService withLimits(Path folder, Limits limits) {
    return new TestService(folder, TestDatabases.sqliteWithTables(folder), Tokens.none(), limits);
  }

  static TestService withTokens(Path folder, Path tokenFile) {
    return with(folder, tokenFile, LIMITS);
  }

  static TestService with(Path folder, Path tokenFile, Limits limits) {
    return new TestService(
        folder, TestDatabases.sqliteWithTables(folder), Tokens.read(tokenFile), limits);
  }

  /** One on another database. */
  static TestService withDatabase(Path folder, String url) {
    return new TestService(folder, url, Tokens.none(), LIMITS);
  }

  Service service() {
    return service;
  }

  Path runs() {
    return folder.resolve("runs");
  }

  int port() {
    return service.port();
  }

  /** A configuration with this number of steps of 5 ms each. */
  static String configuration(int steps) {
    return """
    name: small
    data: {corpus: text.txt}
    model: {layers: [{type: lstm, size: 4}]}
    training:
      max_iterations: %d
    """
        .formatted(steps);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + path))
        .timeout(Duration.ofSeconds(60));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    return send(request, BodyHandlers.ofString());
  }

  <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) {
    return send(client, request, body);
  }

  private static <T> HttpResponse<T> send(
      HttpClient client, HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) {
    try {
      return client.send(request.build(), body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(request(path));
  }

  JsonNode json(String path) {
    return json(get(path));
  }

  static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  /**
   * Over a connection of its own: one on which a text was refused before it was read is closed, as
   * a client that uses it again at once may not know yet.
   */
  HttpResponse<String> upload(String path, String text) {
    return send(
        HttpClient.newHttpClient(),
        request("/api/v1/datasets/" + path)
            .header("Content-Type", "text/plain")
            .PUT(BodyPublishers.ofString(text)),
        BodyHandlers.ofString());
  }

  HttpResponse<String> submit(String configuration) {
    return send(
        request("/api/v1/runs")
            .header("Content-Type", "application/yaml")
            .POST(BodyPublishers.ofString(configuration)));
  }

  /** Submits a run; returns its id. */
  String submitted(int steps) {
    return submitted(configuration(steps));
  }

  String submitted(String configuration) {
    return json(submit(configuration)).path("id").asText();
  }

  String state(String id) {
    return json("/api/v1/runs/" + id).path("state").asText();
  }

  void awaitState(String id, String state) {
    await(state, () -> state(id).equals(state));
  }

  static void await(String what, BooleanSupplier happened) {
    long start = System.nanoTime();
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() - start > Duration.ofMinutes(2).toNanos()) {
        throw new AssertionError("no " + what);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Sends bytes as they are, which no client library would; returns the answer. */
  String raw(String request) {
    return rawWithin(request, 30_000);
  }

  /** Does not wait longer for the next part of the answer. */
  String rawWithin(String request, int milliseconds) {
    StringBuilder answer = new StringBuilder();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      socket.setSoTimeout(milliseconds);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      InputStream in = socket.getInputStream();
      for (int read = in.read(); read >= 0; read = in.read()) {
        answer.append((char) read);
      }
    } catch (IOException e) {
      // answered so far
    }
    return answer.toString();
  }

  @Override
  public void close() {
    service.close();
  }
}
