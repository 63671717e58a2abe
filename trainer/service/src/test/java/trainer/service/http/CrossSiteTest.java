package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that pages of other sites make a browser send are refused. */
@Tag("slow")
final class CrossSiteTest {
  @TempDir private static Path folder;
  private static TestService open;

  @BeforeAll
  static void start() {
    open = TestService.open(folder);
  }

  @AfterAll
  static void stop() {
    open.close();
  }

  private static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.example", "evil.example:8080", "localhost.evil.example", ""})
  void aForeignHostIsRefused(String host) {
    String answer =
        open.raw(
            "GET /api/v1/runs HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(host));
    assertThat(status(answer)).as(answer).isIn(400, 421);
    assertThat(answer).doesNotContain("next_after");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "LOCALHOST:99", "127.0.0.1:8080", "[::1]:1", "trainer.example.org"})
  void ourOwnHostsAreAnswered(String host) {
    String answer =
        open.raw(
            "GET /api/v1/runs HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(host));
    assertThat(status(answer)).as(answer).isEqualTo(200);
  }

  @Test
  void aForeignOriginIsRefusedOnEveryMethod() {
    for (String method : List.of("GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD")) {
      for (String origin :
          List.of(
              "http://evil.example",
              "null",
              "http://127.0.0.1:1",
              "x y",
              "chrome-extension://127.0.0.1:" + open.port(),
              "file://127.0.0.1:" + open.port(),
              "http://evil@127.0.0.1:" + open.port(),
              "http://127.0.0.1:%d/path".formatted(open.port()))) {
        HttpResponse<String> answer =
            open.send(
                open.request("/api/v1/runs")
                    .header("Origin", origin)
                    .header("Content-Type", "application/json")
                    .method(method, BodyPublishers.noBody()));
        assertThat(answer.statusCode()).as("%s %s", method, origin).isEqualTo(403);
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
      }
    }
    HttpResponse<String> own =
        open.send(open.request("/api/v1/runs").header("Origin", "http://127.0.0.1:" + open.port()));
    assertThat(own.statusCode()).isEqualTo(200);
    HttpResponse<String> crossSite =
        open.send(open.request("/api/v1/runs").header("Sec-Fetch-Site", "cross-site"));
    assertThat(crossSite.statusCode()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml"
      })
  void whatAFormCanSendIsRefused(String type) {
    for (String path : List.of("/api/v1/runs", "/api/v1/runs/small-00000000/cancel")) {
      HttpResponse<String> answer =
          open.send(
              open.request(path)
                  .header("Content-Type", type)
                  .POST(BodyPublishers.ofString(TestService.configuration(1))));
      assertThat(answer.statusCode()).as(path).isEqualTo(415);
    }
    assertThat(
            open.send(
                    open.request("/api/v1/runs/small-00000000/cancel")
                        .header("Content-Type", "application/yaml")
                        .POST(BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(415);
  }
}
