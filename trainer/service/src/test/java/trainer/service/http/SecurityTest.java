package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Hostile paths, configurations and methods are refused. */
@Tag("slow")
final class SecurityTest {
  @TempDir private static Path folder;
  private static TestService open;

  @BeforeAll
  static void start() {
    open = TestService.open(folder.resolve("open"));
  }

  @AfterAll
  static void stop() {
    open.close();
  }

  private static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }

  private static String head(String line) {
    return line + "\r\nHost: localhost:1\r\nConnection: close\r\n";
  }

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

  /** A proxy that lets only GET through relies on it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-HTTP-Method-Override",
        "x-http-method-override",
        "X-HTTP-Method",
        "X-Method-Override",
        "X-Method"
      })
  void onlyTheMethodOfTheRequestLineCounts(String header) {
    String run = "/api/v1/runs/" + open.submitted(1);
    TestService.await("end", () -> !open.json(run).path("finished_at").isNull());
    String page = "/api/v1/runs?_method=DELETE";
    for (String method : List.of("GET", "POST")) {
      open.send(
          open.request(run)
              .header(header, "DELETE")
              .header("Content-Type", "application/json")
              .method(method, BodyPublishers.noBody()));
    }
    assertThat(open.get(run).statusCode()).isEqualTo(200);
    assertThat(open.get(page).statusCode()).isEqualTo(422);
    open.send(
        open.request("/api/v1/datasets/overridden.txt")
            .header(header, "PUT")
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString("text")));
    assertThat(folder.resolve("open/datasets/overridden.txt")).doesNotExist();
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
