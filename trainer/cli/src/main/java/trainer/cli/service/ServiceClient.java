package trainer.cli.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** HTTP client of the service, for commands. */
public final class ServiceClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int TOO_MANY_REQUESTS = 429;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:TRAINER_SERVER:-http://127.0.0.1:8080}",
      description =
          "The service. Default: environment variable TRAINER_SERVER, or http://127.0.0.1:8080.")
  private String server;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  ServiceClient() {}

  /** A client for a command that has the option itself. */
  ServiceClient(String server, CommandSpec command) {
    this.server = server;
    this.command = command;
  }

  /** Sends a request to a path of the API, such as {@code /runs}. */
  JsonNode send(String method, String path, String contentType, byte[] body, String key) {
    HttpRequest.Builder request =
        request(path).timeout(TIMEOUT).method(method, BodyPublishers.ofByteArray(body));
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    try (InputStream in = open(request.build()).body()) {
      return new JsonMapper().readTree(in);
    } catch (JsonProcessingException e) {
      throw ServiceException.refused(server + ": not a training service: check --server", e);
    } catch (IOException e) {
      throw ServiceException.failed("%s: the connection was lost (%s)".formatted(server, e), e);
    }
  }

  JsonNode get(String path) {
    return send("GET", path, null, new byte[0], null);
  }

  /** Sends a JSON object. */
  JsonNode post(String path, Map<String, ?> object) {
    try {
      byte[] body = new JsonMapper().writeValueAsBytes(object);
      return send("POST", path, "application/json", body, null);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("text and numbers are always JSON", e);
    }
  }

  void delete(String path) {
    send("DELETE", path, null, new byte[0], null);
  }

  /** Opens a streamed response. */
  HttpResponse<InputStream> open(String path) {
    return open(request(path).build());
  }

  /** The command line, for messages. */
  CommandLine command() {
    return command.commandLine();
  }

  JsonNode post(String path) {
    return send("POST", path, "application/json", new byte[0], null);
  }

  /** Opens a stream of events. */
  InputStream events(String path) {
    return open(request(path).header("Accept", "text/event-stream").build()).body();
  }

  private HttpRequest.Builder request(String path) {
    try {
      URI uri = new URI(server.replaceFirst("/+$", "") + "/api/v1" + path);
      if (uri.getRawUserInfo() != null) {
        throw new ParameterException(
            command.commandLine(),
            "--server: must be a URL without user and password: put the token in the environment"
                + " variable TRAINER_TOKEN");
      }
      HttpRequest.Builder request = HttpRequest.newBuilder(uri);
      String token = System.getenv("TRAINER_TOKEN");
      if (token != null && !token.isBlank()) {
        request.header("Authorization", "Bearer " + token.strip());
      }
      return request;
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new ParameterException(
          command.commandLine(),
          "--server %s: must be a URL such as http://127.0.0.1:8080".formatted(server),
          e);
    }
  }

  private HttpResponse<InputStream> open(HttpRequest request) {
    try {
      HttpResponse<InputStream> response =
          HttpClient.newBuilder()
              .connectTimeout(TIMEOUT)
              .build()
              .send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() >= 300) {
        throw refusal(response, request.uri().getPath());
      }
      return response;
    } catch (ConnectException e) {
      throw ServiceException.failed(
          server + ": no answer: start a service with 'serve', or name another with --server", e);
    } catch (IOException e) {
      throw ServiceException.failed("%s: the request failed (%s): retry".formatted(server, e), e);
    } catch (InterruptedException e) {
      throw new AssertionError("the main thread is never interrupted", e);
    }
  }

  private ServiceException refusal(HttpResponse<InputStream> response, String path)
      throws IOException {
    String text = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
    String detail;
    try {
      detail = new JsonMapper().readTree(text).path("detail").asText("");
    } catch (JsonProcessingException e) {
      detail = "";
    }
    String hint =
        Map.of(
                401,
                " (set the environment variable TRAINER_TOKEN)",
                404,
                path.contains("/models")
                    ? " (list the models with 'models')"
                    : " (list the runs with 'runs')")
            .getOrDefault(response.statusCode(), "");
    int status = response.statusCode();
    String message = (detail.isEmpty() ? "%s answers %d".formatted(server, status) : detail) + hint;
    return status >= 500 || status == TOO_MANY_REQUESTS
        ? ServiceException.failed(message, null)
        : ServiceException.refused(message, null);
  }
}
