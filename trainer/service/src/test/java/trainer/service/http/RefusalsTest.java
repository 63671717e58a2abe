package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every refusal is a problem document, and HEAD is answered as GET. */
final class RefusalsTest {
  private static final String READ = "r".repeat(32);
  private static final String ADMIN = "a".repeat(32);

  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "read rosa %s\nadmin ada %s\n".formatted(READ, ADMIN));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    service = TestService.withTokens(folder, tokens);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static String requestLine(String target) {
    return "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".formatted(target);
  }

  private static void assertProblem(String request, int status) throws Exception {
    String answer = service.raw(request);
    assertThat(answer).as(request).startsWith("HTTP/1.1 " + status);
    assertThat(answer.replace("\r\n", "\n"))
        .as(request)
        .containsIgnoringCase("\nContent-Type: application/problem+json\n")
        .containsIgnoringCase("\nX-Request-Id: ")
        .containsIgnoringCase("\nX-Content-Type-Options: nosniff\n");
    String body = answer.substring(answer.indexOf("\r\n\r\n")).replaceAll("(?m)^[0-9A-F]+\r\n", "");
    JsonNode problem = new JsonMapper().readTree(body);
    assertThat(problem.path("status").asInt()).as(request).isEqualTo(status);
    assertThat(problem.path("detail").asText()).as(request).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/runs/%00, 400",
    "/%c0%ae, 400",
    "/api/v1/runs/%c0%ae, 400",
    "/assets/%2e%2e/x, 404",
    "/assets/..%2fx, 404",
    "/%zz, 400",
    "/nothing, 404",
    "/api/v1/runs, 401"
  })
  void ofAnAddress(String path, int status) throws Exception {
    assertProblem(requestLine(path) + "\r\n", status);
  }

  @Test
  void ofARequestThatIsNoneOrTooLong() throws Exception {
    assertProblem(requestLine("/" + "x".repeat(9000)) + "\r\n", 414);
    assertProblem(requestLine("/healthz") + "X: " + "y".repeat(9000) + "\r\n\r\n", 431);
    assertProblem("NONSENSE\r\n\r\n", 400);
    assertProblem("GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n", 505);
    assertProblem(requestLine("/healthz") + "Content-Length: -1\r\n\r\n", 400);
    assertProblem(requestLine("/healthz") + "no colon\r\n\r\n", 400);
  }

  /** Else the client would send its next request on a connection that is being closed. */
  @Test
  void aBodyThatIsNotReadClosesTheConnection() throws Exception {
    for (String path : List.of("/api/v1/datasets/a%00", "/api/v1/datasets/x", "/api/v1/nothing")) {
      String request =
          "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n".formatted(path);
      assertThat(service.raw(request)).as(path).containsIgnoringCase("\r\nConnection: close\r\n");
    }
  }

  private static HttpResponse<String> send(String method, String path, String token) {
    var request = service.request(path).method(method, BodyPublishers.noBody());
    return service.send(
        token == null ? request : request.header("Authorization", "Bearer " + token));
  }

  @Test
  void headIsAnsweredAsGetWithoutABody() {
    for (Route route : service.service().routes()) {
      String path =
          route
              .path()
              .replaceAll("\\{(id|version|number|model)\\}", "small-00000000")
              .replace("{name}", "x");
      String token = route.access() == Access.OPEN ? null : ADMIN;
      HttpResponse<String> head = send("HEAD", path, token);
      assertThat(head.body()).as(path).isEmpty();
      if (route.method().name().equals("GET")) {
        HttpResponse<String> get = send("GET", path, token);
        assertThat(head.statusCode()).as(path).isEqualTo(get.statusCode());
        assertThat(head.headers().firstValue("Content-Type"))
            .as(path)
            .isEqualTo(get.headers().firstValue("Content-Type"));
        if (!path.equals("/metrics") && !path.equals("/api/v1/devices")) {
          assertThat(head.headers().firstValue("Content-Length"))
              .as(path)
              .isPresent()
              .isEqualTo(get.headers().firstValue("Content-Length"));
        }
        assertThat(send("HEAD", path, null).statusCode())
            .as(path)
            .isEqualTo(route.access() == Access.OPEN ? 200 : 401);
      }
    }
    for (String path : List.of("/", "/healthz", "/readyz")) {
      assertThat(send("HEAD", path, null).statusCode()).as(path).isEqualTo(200);
    }
    assertThat(send("HEAD", "/api/v1/runs", READ).statusCode()).isEqualTo(200);
  }

  @Test
  void anotherMethodIsRefusedWithThoseThatAreThere() {
    HttpResponse<String> refused = send("PATCH", "/api/v1/runs", READ);
    assertThat(refused.statusCode()).isEqualTo(405);
    assertThat(refused.headers().firstValue("Allow")).hasValue("GET, POST, HEAD");
    assertThat(send("HEAD", "/api/v1/runs/x/cancel", READ).statusCode()).isEqualTo(405);
  }
}
