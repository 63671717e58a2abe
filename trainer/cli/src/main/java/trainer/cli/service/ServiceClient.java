package trainer.cli.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import trainer.file.ShellWord;
import trainer.run.RunException;

/** HTTP client of the service, for commands. */
public final class ServiceClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int TOO_MANY_REQUESTS = 429;
  private static final Pattern KIND =
      Pattern.compile("/api/v1/(runs|models|schedules|webhooks|datasets)");

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:TRAINER_SERVER:-http://127.0.0.1:8080}",
      scope = ScopeType.INHERIT, // by subcommands
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
    return json(request.build());
  }

  /** Uploads a file, for as long as it takes. */
  JsonNode put(String path, Path file) {
    try {
      return json(request(path).PUT(BodyPublishers.ofFile(file)).build());
    } catch (FileNotFoundException e) {
      throw new RunException(ShellWord.shown(file) + ": no such file: name the text to upload", e);
    }
  }

  private JsonNode json(HttpRequest request) {
    try (InputStream in = open(request).body()) {
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
    return send("POST", path, "application/json", bytes(object), null);
  }

  JsonNode put(String path, Map<String, ?> object) {
    return send("PUT", path, "application/json", bytes(object), null);
  }

  /** Sends a JSON object and opens the streamed response. */
  HttpResponse<InputStream> stream(String path, Map<String, ?> object) {
    return open(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(bytes(object)))
            .build());
  }

  private static byte[] bytes(Map<String, ?> object) {
    try {
      return new JsonMapper().writeValueAsBytes(object);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("text and numbers are always JSON", e);
    }
  }

  void delete(String path) {
    send("DELETE", path, null, new byte[0], null);
  }

  /** Opens a streamed response. */
  HttpResponse<InputStream> open(String path) {
    return open(path, "*/*");
  }

  /** Opens a streamed response of one of the types that the path has. */
  HttpResponse<InputStream> open(String path, String type) {
    return open(request(path).header("Accept", type).build());
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
    return open(path, "text/event-stream").body();
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
    int status = response.statusCode();
    boolean sent = response.request().headers().firstValue("Authorization").isPresent();
    String message =
        "%s (service %s%s)"
            .formatted(
                detail.isEmpty() ? "it answers " + status : detail,
                server,
                hint(status, path, sent));
    return status >= 500 || status == TOO_MANY_REQUESTS
        ? ServiceException.failed(message, null)
        : ServiceException.refused(message, null);
  }

  /**
   * What to do after a refusal, or nothing.
   *
   * @param sent whether a token was sent
   */
  static String hint(int status, String path, boolean sent) {
    if (status == 401) {
      return sent
          ? "; it does not know the token in the environment variable TRAINER_TOKEN"
          : "; set the environment variable TRAINER_TOKEN";
    }
    Matcher kind = KIND.matcher(path);
    return status == 404 && kind.find()
        ? "; list the %1$s with '%1$s'".formatted(kind.group(1).replace("datasets", "texts"))
        : "";
  }
}
