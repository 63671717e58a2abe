package trainer.service.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Any body is answered by any route that has one, and never with 500 or above. The first byte of an
 * input chooses the route, unless {@code -Dfuzz.route=N} does, the second the content type; an
 * upload has up to 20 bytes of a name in front of its text.
 */
public final class RequestFuzz {
  private static final int NAME_BYTES = 20;
  private static final List<String> TYPES = List.of("application/json", "application/yaml");

  private static TestService service;
  private static List<Route> routes;
  private static String id;

  private RequestFuzz() {}

  public static void fuzzerInitialize() throws IOException {
    service = TestService.open(Files.createTempDirectory("request-fuzz"));
    routes =
        service.service().routes().stream()
            .filter(route -> route.body() != Body.NONE)
            .sorted(Comparator.comparing(Route::path).thenComparing(route -> route.method().name()))
            .toList();
    Integer route = Integer.getInteger("fuzz.route");
    if (route != null) {
      routes = List.of(routes.get(route));
      System.out.println("fuzzing " + routes);
    }
    id = service.submitted(1);
    service.awaitState(id, "succeeded");
    service.post("/api/v1/models/small/versions", "{\"run\": \"%s\"}".formatted(id));
    service.post("/api/v1/models/small/promote", "{\"version\": 1, \"reason\": \"first\"}");
    service.post(
        "/api/v1/schedules",
        JsonNodeFactory.instance
            .objectNode()
            .put("name", "small")
            .put("cron", "0 0 1 1 *")
            .put("configuration", TestService.configuration(1))
            .toString());
  }

  public static void fuzzerTearDown() {
    service.close();
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    Route route = routes.get((input[0] & 0xff) % routes.size());
    int start = route.body() == Body.TEXT ? Math.min(input.length, 2 + NAME_BYTES) : 2;
    byte[] name = Arrays.copyOfRange(input, 2, start);
    byte[] body = Arrays.copyOfRange(input, start, input.length);
    String path =
        route
            .path()
            .replace("{id}", id)
            .replace("{version}", "champion")
            .replace("{name}", name.length == 0 ? "small" : percents(name));
    HttpResponse<String> answer =
        send(
            service
                .request(path)
                .header("Content-Type", TYPES.get((input[1] & 0xff) % TYPES.size()))
                .method(route.method().name(), BodyPublishers.ofByteArray(body)));
    if (answer.statusCode() >= 500) {
      throw new AssertionError(
          "%s %s: %d %s".formatted(route.method(), path, answer.statusCode(), answer.body()));
    }
  }

  /** Again, if the connection was closed because the body before was not read. */
  private static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return service.send(request);
    } catch (UncheckedIOException e) {
      return service.send(request);
    }
  }

  private static String percents(byte[] name) {
    return "%" + HexFormat.ofDelimiter("%").formatHex(name);
  }

  /** The inputs that fuzzing begins with. */
  static List<byte[]> seeds() {
    try (Stream<Path> files =
        Files.list(Path.of(RequestFuzz.class.getResource("/trainer/fuzz/Request").toURI()))) {
      return files
          .sorted()
          .map(
              file -> {
                try {
                  return Files.readAllBytes(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .toList();
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
