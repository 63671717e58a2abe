package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import trainer.service.devices.DeviceSurvey;
import trainer.service.worker.StandInWorker;

/** What the service must refuse. */
@Tag("slow")
final class SecurityTest {

  private static final String READ = "r".repeat(32);
  private static final String SUBMIT = "s".repeat(32);
  private static final String ADMIN = "a".repeat(32);

  @TempDir private static Path folder;
  private static TestService open;
  private static TestService closed;

  @BeforeAll
  static void start() throws IOException {
    open = TestService.open(folder.resolve("open"));
    closed = TestService.withTokens(folder.resolve("closed"), tokens("tokens", "rw-------"));
  }

  private static Path tokens(String name, String permissions) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(
        file,
        "# who may do what\n\nread rosa %s\nsubmit sam %s\nadmin ada %s\n"
            .formatted(READ, SUBMIT, ADMIN));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  @AfterAll
  static void stop() {
    open.close();
    closed.close();
  }

  private static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }

  private static String head(String line) {
    return line + "\r\nHost: localhost:1\r\nConnection: close\r\n";
  }

  // 1. Paths

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/runs/../../../../etc/passwd",
        "/api/v1/runs/..%2f..%2f..%2fetc%2fpasswd/log",
        "/api/v1/runs/%2e%2e/log",
        "/api/v1/runs/%252e%252e%252fetc/log",
        "/api/v1/runs/..%5c..%5cetc/log",
        "/api/v1/runs/small-00000000%00/log",
        "/api/v1/runs/%2fetc%2fpasswd/log",
        "/api/v1/runs//etc/passwd",
        "/api/v1/runs/small-00000000;x=../log",
        "/api/v1/runs/./small-00000000/../../service.db",
        "/assets/../../service.db",
        "/assets/%2e%2e/%2e%2e/service.db",
        "/webjars/../../../etc/passwd"
      })
  void noPathLeadsOut(String path) {
    String answer = open.raw(head("GET " + path + " HTTP/1.1") + "\r\n");
    assertThat(status(answer)).as(answer).isIn(400, 404);
    assertThat(answer).doesNotContain("root:").doesNotContain("SQLite");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "../../secret.txt",
        "../secret.txt",
        "link.txt",
        "folder/secret.txt",
        "link*.txt",
        "**/*.txt",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "..\\secret.txt",
        "missing.txt",
        ".",
        "../datasets"
      })
  void configurationsReadTheDatasetFoldersOnly(String corpus) throws IOException {
    Path datasets = folder.resolve("open/datasets");
    Path secret = folder.resolve("open/secret.txt");
    if (!Files.exists(secret)) {
      Files.writeString(secret, "secret\n".repeat(1000));
      Files.createSymbolicLink(datasets.resolve("link.txt"), secret);
      Files.createSymbolicLink(datasets.resolve("folder"), secret.getParent());
    }
    HttpResponse<String> answer =
        open.submit(
            "data: {corpus: '%s'}\nmodel: {layers: [{type: lstm, size: 4}]}\n".formatted(corpus));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(answer.body()).contains("data.corpus").doesNotContain("secret\\n");
    HttpResponse<String> vocabulary =
        open.submit(
            "data: {corpus: text.txt, vocabulary: '%s'}\nmodel: {layers: [{type: lstm, size: 4}]}\n"
                .formatted(corpus));
    assertThat(vocabulary.statusCode()).as(vocabulary.body()).isEqualTo(422);
  }

  // 2. Addresses that the service would fetch

  @Test
  void aSubmittedConfigurationCausesNoDownload() {
    String sha256 = "0".repeat(64);
    HttpResponse<String> missing =
        open.submit(
            "data: {corpus: new.txt, url: 'http://127.0.0.1:%d/metrics', sha256: '%s'}\n"
                    .formatted(open.port(), sha256)
                + "model: {layers: [{type: lstm, size: 4}]}\n");
    assertThat(missing.statusCode()).isEqualTo(422);
    HttpResponse<String> present =
        open.submit(
            "data: {corpus: text.txt, url: 'http://169.254.169.254/x', sha256: '%s'}\n"
                    .formatted(sha256)
                + "model: {layers: [{type: lstm, size: 4}]}\n");
    assertThat(present.statusCode()).isEqualTo(201);
    String id = TestService.json(present).path("id").asText();
    assertThat(open.get("/api/v1/runs/" + id + "/configuration").body()).doesNotContain("169.254");
  }

  // 3. Pages of other sites

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
      for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1:1", "x y")) {
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

  // 4. Callers

  @Test
  void everyRouteButTheOpenOnesNeedsAToken() {
    Set<String> openPaths = Set.of("/", "/healthz", "/readyz", "/api/v1/openapi.yaml");
    for (Route route : closed.service().routes()) {
      String path =
          route
              .path()
              .replaceAll("\\{(id|version|number)\\}", "small-00000000")
              .replace("{name}", ".x");
      HttpResponse<String> answer = call(route.method().name(), path, null);
      if (route.access() == Access.OPEN) {
        assertThat(openPaths.contains(path) || path.startsWith("/assets/")).as(path).isTrue();
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
      } else {
        assertThat(answer.statusCode()).as(path).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
      }
      if (route.access().compareTo(Access.READ) > 0) {
        assertThat(call(route.method().name(), path, READ).statusCode()).as(path).isEqualTo(403);
      }
      if (route.access().compareTo(Access.SUBMIT) > 0) {
        assertThat(call(route.method().name(), path, SUBMIT).statusCode()).as(path).isEqualTo(403);
      }
      assertThat(call(route.method().name(), path, ADMIN).statusCode()).as(path).isNotIn(401, 403);
    }
  }

  private static HttpResponse<String> call(String method, String path, String token) {
    HttpRequest.Builder request =
        closed
            .request(path)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(method.equals("POST") ? "{}" : ""));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return closed.send(request);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YWRhOmFkYQ==",
        "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
      })
  void aWrongTokenIsRefused(String authorization) {
    HttpResponse<String> answer =
        closed.send(closed.request("/api/v1/runs").header("Authorization", authorization));
    assertThat(answer.statusCode()).isEqualTo(401);
  }

  @Test
  void theCallerIsRecorded() {
    HttpResponse<String> answer =
        closed.send(
            closed
                .request("/api/v1/runs")
                .header("Content-Type", "application/yaml")
                .header("Authorization", "Bearer " + SUBMIT)
                .POST(BodyPublishers.ofString(TestService.configuration(1))));
    assertThat(TestService.json(answer).path("submitted_by").asText()).isEqualTo("sam");
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0", "::"})
  void beyondThisMachineOnlyWithTokens(String host) throws IOException {
    assertThatThrownBy(() -> settings(host, Tokens.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--token-file");
    assertThat(settings(host, Tokens.read(tokens("others", "rw-------"))).host()).isEqualTo(host);
  }

  private static Service.Settings settings(String host, Tokens tokens) {
    return new Service.Settings(
        host,
        0,
        folder.resolve("never"),
        "jdbc:sqlite:never.db",
        tokens,
        Set.of(),
        Set.of(),
        List.of(),
        new Limits(0, 1),
        new DeviceSurvey(StandInWorker.program().program()),
        StandInWorker.program(),
        StandInWorker.settings(1));
  }

  @Test
  void aTokenFileThatOthersMayReadIsRefused() throws IOException {
    Path file = tokens("readable", "rw-r--r--");
    assertThatThrownBy(() -> Tokens.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("chmod 600");
  }

  /** Docker makes a folder of a mounted file that is not there. */
  @Test
  void aFolderInPlaceOfATokenFileIsNamed() {
    assertThatThrownBy(() -> Tokens.read(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(folder + ": is a folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "owner ada aaaaaaaaaaaaaaaaaaaa | is no role: read, submit or admin",
        "admin ada short | fewer than 16 characters",
        "admin aaaaaaaaaaaaaaaaaaaaaaaa | three words",
        "'# nothing' | has no token"
      })
  void aWrongTokenFileIsNamedWithItsLine(String line, String message) throws IOException {
    Path file = folder.resolve("wrong");
    Files.writeString(file, line + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThatThrownBy(() -> Tokens.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageStartingWith(file.toString())
        .hasMessageNotContaining("aaaaaaaa");
  }

  // 6. and 7. Sizes and hostile content

  /** Each would be counted for ever. */
  @Test
  void madeUpMethodsAreCountedTogether() {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger access = (Logger) LoggerFactory.getLogger("trainer.service.access");
    access.addAppender(log);
    try {
      for (int i = 0; i < 5; i++) {
        open.raw(head("BREW%d /api/v1/runs HTTP/1.1".formatted(i)) + "\r\n");
        open.send(open.request("/healthz").header("X-HTTP-Method-Override", "BREW-" + i));
      }
      TestService.await(
          "count", () -> open.get("/metrics").body().contains("{method=\"other\",route="));
    } finally {
      access.detachAppender(log);
    }
    assertThat(open.get("/metrics").body()).doesNotContain("BREW");
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anyMatch(line -> line.contains(" other /api/v1/runs "))
        .noneMatch(line -> line.contains("BREW"));
  }

  @Test
  void hostileConfigurationsAreRefused() {
    String bomb = "a: &a [x, x]\n" + "b: &b [*a, *a]\n".repeat(1) + "c: [*b, *b]\n";
    for (String text :
        List.of(
            "name: !!java.net.URL ['http://127.0.0.1/']\n",
            "!!javax.script.ScriptEngineManager []\n",
            bomb,
            "[".repeat(5000),
            "{a: ".repeat(5000),
            "name: '../../x'\ndata: {corpus: text.txt}\nmodel: {layers: [{type: lstm, size: 4}]}\n",
            "name: '<script>alert(1)</script>'\n",
            "\u0000\u0001",
            "")) {
      HttpResponse<String> answer = open.submit(text);
      assertThat(answer.statusCode())
          .as(text.length() > 80 ? text.substring(0, 80) : text)
          .isEqualTo(422);
    }
    assertThat(open.submit("#" + "x".repeat(300 * 1024)).statusCode()).isEqualTo(413);
    HttpResponse<String> chunked =
        open.send(
            open.request("/api/v1/runs")
                .header("Content-Type", "application/yaml")
                .POST(
                    BodyPublishers.ofByteArrays(
                        Stream.generate(() -> new byte[1024]).limit(300).toList())));
    assertThat(chunked.statusCode()).isEqualTo(413);
  }

  @Test
  void everyAnswerForbidsForeignContent() {
    for (String path : List.of("/healthz", "/api/v1/runs", "/nowhere", "/api/v1/runs/..")) {
      HttpResponse<String> answer = open.get(path);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .as(path)
          .contains("default-src 'none'")
          .doesNotContain("unsafe");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(answer.headers().firstValue("Server")).isEmpty();
    }
  }
}
