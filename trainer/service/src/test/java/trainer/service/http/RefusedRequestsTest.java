package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Tables of hostile requests and their answers. No answer shows what lies outside. */
@Tag("slow")
final class RefusedRequestsTest {
  private static final String READ = "r".repeat(32);
  private static final String ADMIN = "A".repeat(32);
  private static final String SECRET = "SECRET-OUTSIDE";

  @TempDir private static Path folder;
  private static TestService open;
  private static TestService closed;
  private static String trained;

  @BeforeAll
  static void start() throws IOException {
    open = TestService.open(folder.resolve("open"));
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "read rosa %s\nadmin ada %s\n".formatted(READ, ADMIN));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    closed = TestService.withTokens(folder.resolve("closed"), tokens);
    Path outside = Files.createDirectories(folder.resolve("outside"));
    Files.writeString(outside.resolve("secret.txt"), SECRET.repeat(200));
    Path datasets = folder.resolve("open/datasets");
    Files.createDirectories(datasets.resolve("empty"));
    Files.createSymbolicLink(datasets.resolve("link.txt"), outside.resolve("secret.txt"));
    Files.createSymbolicLink(datasets.resolve("linked"), outside);
    Files.createSymbolicLink(datasets.resolve("environ"), Path.of("/proc/self/environ"));
    trained = open.submitted(1);
    open.awaitState(trained, "succeeded");
    open.post("/api/v1/models/m/versions", "{\"run\": \"%s\"}".formatted(trained));
  }

  @AfterAll
  static void stop() {
    open.close();
    closed.close();
  }

  private static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }

  /** Sends a head and a body as they are; the head has no Host yet. */
  private static String raw(TestService service, String head, String body) {
    return service.raw(head.replace("\n", "\r\n") + "\r\nConnection: close\r\n\r\n" + body);
  }

  private static void assertRefused(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 499);
    assertThat(answer.body()).doesNotContain(SECRET).doesNotContain("PATH=");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc/self/root/etc/passwd",
        "environ",
        "linked/*.txt",
        "linked/secret.txt",
        "./linked/../link.txt",
        "{text.txt,../../outside/secret.txt}",
        "{text.txt,/etc/passwd}",
        "[l]ink.txt",
        "\\\\link.txt",
        "[!t]*",
        "l?nk.txt",
        "file:/etc/passwd",
        "jar:file:/x.jar!/y",
        "text.txt\\n../x",
        "text.txt\\0",
        "\\uD800.txt",
        "/",
        "./",
        "empty",
        "empty/*",
        "~/.ssh/id_rsa",
        "$HOME/x",
        "..\\\\..\\\\outside\\\\secret.txt"
      })
  void pathsThatLeadOut(String path) {
    for (String key : List.of("corpus: ", "corpus: text.txt, vocabulary: ")) {
      assertRefused(
          open.submit(
              "data: {%s\"%s\"}\nmodel: {layers: [{type: lstm, size: 4}]}\n".formatted(key, path)));
    }
    assertRefused(
        open.post(
            "/api/v1/schedules",
            ("{\"name\": \"out\", \"cron\": \"0 0 1 1 *\", \"held_out\": \"%s\","
                    + " \"configuration\": \"data: {corpus: text.txt}\"}")
                .formatted(path.replace("\\0", "\\u0000"))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name=../x",
        "name=.x",
        "name=a/b",
        "name=%3Cb%3E",
        "name=a%0D%0AX:1",
        "name=--help",
        "init_from=../../outside",
        "init_from=registry:../outside@1",
        "init_from=http://127.0.0.1/x",
        "init_from=registry:m@0",
        "init_from=registry:m@-1",
        "init_from=registry:m@%D9%A1", // an Arabic 1
        "init_from=registry:m@1%20--seed=5",
        "init_from=--help",
        "init_from=registry:m@99999999999",
        "priority=1e9",
        "priority=101"
      })
  void queriesOfASubmission(String query) {
    String configuration = TestService.configuration(1).replace("name: small\n", "");
    String answer =
        raw(
            open,
            "POST /api/v1/runs?%s HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\nContent-Length: %d"
                .formatted(query, configuration.length()),
            configuration);
    assertThat(status(answer)).as(answer).isEqualTo(422);
    assertThat(answer).doesNotContain("\r\nX:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"..", "01", "1e1", "0", "-1", "+1", "99999999999", "1.0", "%D9%A1", "latest"})
  void versionsInPaths(String version) {
    for (String suffix : List.of("", "/model.zip", "/vocabulary.json")) {
      assertRefused(open.get("/api/v1/models/m/versions/" + version + suffix));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"length\": NaN}",
        "{\"temperature\": 1e400}",
        "{\"temperature\": -1}",
        "{\"temperature\": Infinity}",
        "{\"top_p\": 2}",
        "{\"top_k\": -1}",
        "{\"seed\": 9223372036854775808}",
        "{\"length\": 1, \"length\": 2}",
        "{\"length\": 1} {}",
        "{'length': 1}",
        "{\"length\": 01}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]"
      })
  void jsonThatIsWrong(String body) {
    assertRefused(open.post("/api/v1/runs/%s/generate".formatted(trained), body));
    assertRefused(open.post("/api/v1/runs/%s/explain".formatted(trained), body));
    assertRefused(open.post("/v1/completions", body));
  }

  @Test
  void jsonThatIsTooLong() {
    String path = "/api/v1/runs/%s/generate".formatted(trained);
    assertRefused(open.post(path, "{\"seed\": %s}".formatted("9".repeat(60_000))));
    assertRefused(open.post(path, "{\"prime\": \"%s\"}".formatted("x".repeat(10_001))));
    assertRefused(open.post(path, "{\"prime\": \"%s\"}".formatted("x".repeat(1_000_000))));
  }

  @Test
  void aConfigurationThatIsNotUtf8() {
    String body = "name: \u00ff\n";
    String answer =
        raw(
            open,
            "POST /api/v1/runs HTTP/1.1\n"
                + "Host: localhost\n"
                + "Content-Type: application/yaml\n"
                + "Content-Length: "
                + body.getBytes(StandardCharsets.ISO_8859_1).length,
            body);
    assertThat(status(answer)).as(answer).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a%E2%80%AEtxt", "..", "%2e", "a%0a", "empty?replace=true", "linked?replace=true"})
  void uploads(String name) {
    assertRefused(open.upload(name, "text"));
  }

  @ParameterizedTest
  @CsvSource({"TRACE, 405", "PATCH, 405", "OPTIONS, 405", "CONNECT, 400", "BREW, 405", "get, 405"})
  void methods(String method, int status) {
    String answer = raw(closed, method + " /api/v1/runs HTTP/1.1\nHost: localhost", "");
    assertThat(status(answer)).as(answer).isIn(status, 400, 401, 404, 405);
    assertThat(answer).doesNotContain("next_after").doesNotContain(READ);
  }

  /** With a reader's token, on a path of administrators. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "//api/v1/webhooks",
        "/api//v1/webhooks",
        "/api/v1/webhooks/",
        "/api/v1/webhooks;x=1",
        "/api/v1/%77ebhooks",
        "/api/v1/./webhooks",
        "/api/v1/runs/../webhooks",
        "/API/v1/WEBHOOKS",
        "/api/v1/runs/..%2fwebhooks",
        "/api/v1/webhooks%00",
        "/api/v1/webhooks?x=/healthz",
        "http://localhost/api/v1/webhooks"
      })
  void pathsToAnAdministratorsRoute(String path) {
    String answer =
        raw(
            closed,
            "GET %s HTTP/1.1\nHost: localhost\nAuthorization: Bearer %s".formatted(path, READ),
            "");
    assertThat(status(answer)).as(answer).isIn(400, 403, 404);
    assertThat(answer).doesNotContain("\"webhooks\"");
  }

  @Test
  void tokensElsewhereThanInOneHeader() {
    String upper = READ.toUpperCase(Locale.ROOT);
    for (String head :
        List.of(
            "GET /api/v1/runs?token=T HTTP/1.1\nHost: localhost",
            "GET /api/v1/runs?access_token=T HTTP/1.1\nHost: localhost",
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nCookie: token=T; Authorization=Bearer T",
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nAuthorization: Basic T",
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nAuthorization: Bearer " + upper,
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nX-Authorization: Bearer T",
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nAuthorization:\n Bearer T",
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nAuthorization : Bearer T",
            "GET /api/v1/runs HTTP/1.1\nHost: localhost\nAuthorization: Bearer T, Bearer T",
            "GET /api/v1/webhooks HTTP/1.1\n"
                + "Host: localhost\n"
                + "Authorization: Bearer T\n"
                + "Authorization: Bearer x")) {
      String answer = raw(closed, head.replace("T;", READ + ";").replaceAll("\\bT\\b", READ), "");
      assertThat(status(answer)).as(head + "\n" + answer).isIn(400, 401, 403);
      assertThat(answer).doesNotContain("next_after");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /api/v1/runs HTTP/1.1\nHost: localhost\nHost: evil.example",
        "GET /api/v1/runs HTTP/1.1\nHost: evil.example\nHost: localhost",
        "GET /api/v1/runs HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: localhost",
        "GET http://evil.example/api/v1/runs HTTP/1.1\nHost: localhost",
        "GET /api/v1/runs HTTP/1.0",
        "GET /api/v1/runs HTTP/1.1\nHost: localhost.evil.example",
        "GET /api/v1/runs HTTP/1.1\nHost: localhost@evil.example",
        "GET /api/v1/runs HTTP/1.1\nHost: evil.example#localhost",
        "GET /api/v1/runs HTTP/1.1\nHost: 127.0.0.1.evil.example",
        "GET /api/v1/runs HTTP/1.1\nHost: localhost, evil.example",
        "GET /api/v1/runs HTTP/1.1\nHost: localhost\nSec-Fetch-Site: same-site",
        "GET /api/v1/runs HTTP/1.1\n"
            + "Host: localhost\n"
            + "Sec-Fetch-Site: cross-site\n"
            + "Sec-Fetch-Mode: navigate",
        "POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Length: 0",
        "POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Type: text/plain\nContent-Length: 2",
        "OPTIONS /api/v1/runs HTTP/1.1\n"
            + "Host: localhost\n"
            + "Origin: http://evil.example\n"
            + "Access-Control-Request-Method: POST"
      })
  void hostsAndSites(String head) {
    String answer = raw(open, head, "");
    assertThat(status(answer)).as(answer).isBetween(400, 499);
    assertThat(answer).doesNotContain("next_after").doesNotContain("Access-Control-Allow");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Transfer-Encoding: chunked~Content-Length: 4 | 400",
        "Content-Length: 4~Content-Length: 5 | 400",
        "Content-Length: +4 | 400",
        "Transfer-Encoding: xchunked | 400",
        "Transfer-Encoding: chunked, identity | 400",
        "X: %s | 431"
      })
  void framing(String headers, int status) {
    String head =
        "POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\n"
            + headers.replace("~", "\n").replace("%s", "x".repeat(9000));
    String smuggled = "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n";
    String answer = raw(open, head, "0\r\n\r\n" + smuggled);
    assertThat(status(answer)).as(answer).isIn(status, 501);
    assertThat(answer).doesNotContain("next_after");
  }

  /** Each would be taken for something else than its sender meant. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST /api/v1/runs | Content-Encoding: gzip | 415",
        "PUT /api/v1/datasets/new.txt | Content-Encoding: gzip | 415",
        "PUT /api/v1/datasets/new.txt | Content-Range: bytes 2-3/4 | 400",
        "PUT /api/v1/datasets/new.txt?replace=yes | X: 1 | 422",
        "PUT /api/v1/datasets/new.txt?replace=true&replace=false | X: 1 | 422",
        "PUT /api/v1/datasets/new.txt?sha=0 | X: 1 | 422",
        "POST /api/v1/runs?name=a&name=b | X: 1 | 422",
        "POST /api/v1/runs?pritority=5 | X: 1 | 422",
        "POST /api/v1/runs | Content-Type: text/plain | 400",
        "POST /api/v1/runs | Idempotency-Key: a~Idempotency-Key: b | 400",
        "POST /api/v1/runs | Origin: http://localhost~Origin: http://evil.example | 400",
        "BREW /api/v1/runs | X: 1 | 405",
        "DELETE /api/v1/runs | X: 1 | 405"
      })
  void whatIsAmbiguous(String line, String headers, int status) {
    String body = TestService.configuration(1);
    String head =
        "%s HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\n%s\nContent-Length: %d"
            .formatted(line, headers.replace("~", "\n"), body.length());
    String answer = raw(open, head, body);
    assertThat(status(answer)).as(answer).isEqualTo(status);
    assertThat(answer).containsIgnoringCase("\r\nContent-Type: application/problem+json");
    assertThat(folder.resolve("open/datasets/new.txt")).doesNotExist();
  }

  @Test
  void aPictureIsShownInASandbox() {
    HttpResponse<String> picture = open.get("/api/v1/runs/%s/loss.svg".formatted(trained));
    assertThat(picture.headers().firstValue("Content-Type")).hasValue("image/svg+xml");
    assertThat(picture.headers().firstValue("Content-Security-Policy").orElse("").split("; ?"))
        .contains("default-src 'none'", "sandbox");
    assertThat(picture.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
  }

  @Test
  void linesThatAreTooLongAndHeadersThatSplit() {
    assertThat(
            status(raw(open, "GET /%s HTTP/1.1\nHost: localhost".formatted("x".repeat(9000)), "")))
        .isEqualTo(414);
    String answer =
        raw(open, "GET /healthz HTTP/1.1\nHost: localhost\nX-Request-Id: a%0d%0aX-Injected: 1", "");
    assertThat(answer).doesNotContain("\r\nX-Injected").startsWith("HTTP/1.1 200");
  }

  @Test
  void markupIsStoredAsText() {
    String reason = "<img src=x onerror=alert(1)>";
    HttpResponse<String> promoted =
        open.post(
            "/api/v1/models/m/promote", "{\"version\": 1, \"reason\": \"%s\"}".formatted(reason));
    assertThat(TestService.json(promoted).path("reason").asText()).isEqualTo(reason);
    assertThat(promoted.headers().firstValue("Content-Type").orElse("")).contains("json");
    assertThat(promoted.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
  }

  @Test
  void tokensAreInNoLog() {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(log);
    try {
      for (String path :
          List.of("/api/v1/runs", "/api/v1/webhooks", "/api/v1/runs?token=" + READ)) {
        closed.send(closed.request(path).header("Authorization", "Bearer " + READ));
      }
      TestService.await("log", () -> List.copyOf(log.list).size() >= 3);
    } finally {
      root.detachAppender(log);
    }
    assertThat(log.list)
        .extracting(event -> event.getFormattedMessage() + event.getKeyValuePairs())
        .noneMatch(line -> line.contains(READ));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw----r--", "rw-rw----", "rw-rw-rw-", "rw-----w-"})
  void tokenFilesThatOthersUse(String permissions) throws IOException {
    Path file = folder.resolve("loose");
    Files.writeString(file, "admin ada %s\n".formatted(ADMIN));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    assertThatThrownBy(() -> Tokens.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("chmod 600")
        .hasMessageNotContaining(ADMIN);
  }

  @Test
  void aRunThatTrainsIsNeitherDeletedNorRegistered() {
    String id = open.submitted(100_000);
    open.awaitState(id, "running");
    HttpResponse<String> deleted = open.send(open.request("/api/v1/runs/" + id).DELETE());
    assertThat(deleted.statusCode()).isEqualTo(409);
    assertThat(
            open.post("/api/v1/models/m/versions", "{\"run\": \"%s\"}".formatted(id)).statusCode())
        .isEqualTo(409);
    open.post("/api/v1/runs/%s/cancel".formatted(id), "");
    open.awaitState(id, "cancelled");
    assertThat(open.send(open.request("/api/v1/runs/" + id).DELETE()).statusCode()).isEqualTo(204);
    assertThat(open.post("/api/v1/runs/%s/resume".formatted(id), "").statusCode()).isEqualTo(404);
  }
}
