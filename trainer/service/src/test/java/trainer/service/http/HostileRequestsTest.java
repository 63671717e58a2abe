package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.datasets.Uploads;

/**
 * Requests put together at random from what has harmed other services: paths that lead out, foreign
 * hosts and origins, wrong lengths, hostile configurations and bodies. {@code -Dservice.hostile=N}
 * sets how many.
 */
@Tag("slow")
final class HostileRequestsTest {
  private static final long SEED = 20261121;
  private static final int REQUESTS = Integer.getInteger("service.hostile", 400);
  private static final Pattern LENGTH = Pattern.compile("\r\nContent-Length: (\\d+)");
  private static final int PATIENCE_MILLISECONDS = 30_000;
  private static final int BRIEF_PATIENCE_MILLISECONDS = 300;
  private static final String[] METHODS = {
    "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"
  };
  private static final String[] PARTS = {
    "api",
    "v1",
    "runs",
    "..",
    "%2e%2e",
    "%252e%252e%252f",
    "..%5c..%5c",
    "%00",
    "%2fetc%2fpasswd",
    "small-00000000",
    "small-00000000%00.zip",
    "-rf-00000000",
    "metrics",
    "events",
    "'",
    "%f0",
    "\\",
    "*",
    "model.zip",
    "~",
    "#",
    "//",
    ";jsessionid=1",
    "<script>",
    "x".repeat(300)
  };
  private static final String[] QUERIES = {
    "",
    "",
    "?points=9999999999",
    "?state=%00",
    "?limit=-1&after=x",
    "?run=../../etc&run=small-00000000",
    "?name=../x",
    "?sha256=0&replace=true",
    "?priority=1e9",
    "?%ff=%ff"
  };
  private static final String[] HEADERS = {
    "Content-Type: application/json",
    "Content-Type: application/yaml",
    "Content-Type: text/plain",
    "Content-Type: multipart/form-data; boundary=x",
    "Content-Length: 5",
    "Content-Length: 99999999999",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Origin: http://evil.example",
    "Origin: null",
    "Sec-Fetch-Site: cross-site",
    "Accept: text/event-stream",
    "Authorization: Bearer " + "x".repeat(5000),
    "X: " + "y".repeat(9000),
    "Host: 169.254.169.254.evil.example",
    "Idempotency-Key: \u0001",
    "X-Request-Id: a\tb",
    "Range: bytes=0-99999"
  };
  private static final String[] BODIES = {
    "{\"a\":[[[1]]]}",
    "0\r\n\r\n",
    "data: {corpus: /etc/passwd}\nmodel: {layers: [{type: lstm, size: 4}]}\n",
    "data: {corpus: ../../secret.txt}\nmodel: {layers: [{type: lstm, size: 4}]}\n",
    "data: {corpus: 'file:///etc/passwd'}\n",
    "data: {corpus: text.txt, url: 'http://169.254.169.254/', sha256: '0'}\n",
    "name: !!javax.script.ScriptEngineManager []\n",
    "a: &a [x]\nb: *a\n",
    "[".repeat(3000),
    "name: '<img src=x onerror=alert(1)>'\n",
    "name: ../../x\ndata: {corpus: text.txt}\nmodel: {layers: [{type: lstm, size: 4}]}\n",
    "model: {layers: [{type: lstm, size: 2147483647}]}\n",
    "{\"prime\": \"\\u0000\", \"length\": -1, \"temperature\": 1e999}",
    "{\"length\": 1, \"length\": 2}",
    "\u0000\u0001\u00ff",
    ""
  };

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private TestService service;

  @BeforeEach
  void start() throws IOException {
    service = TestService.open(folder);
    Files.writeString(folder.resolve("secret.txt"), "secret\n");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void nothingBreaksAndNothingOutsideIsTouched() throws IOException {
    Map<String, String> before = contents();
    Map<Integer, Integer> answers = new TreeMap<>();
    int unanswered = 0;
    for (int i = 0; i < REQUESTS; i++) {
      String request = request();
      // The service may wait for what was announced; this client breaks the connection.
      boolean whole = isWhole(request);
      String answer =
          service.rawWithin(request, whole ? PATIENCE_MILLISECONDS : BRIEF_PATIENCE_MILLISECONDS);
      String what = "seed %d, request %d: %s\n%s".formatted(SEED, i, request, answer);
      if (answer.isEmpty() && !whole) {
        unanswered++;
      } else {
        assertThat(answer).as(what).startsWith("HTTP/1.1 ");
        int status = Integer.parseInt(answer.substring(9, 12));
        assertThat(status).as(what).isBetween(200, 499);
        answers.merge(status, 1, Integer::sum);
      }
      assertThat(answer).as(what).doesNotContain("root:").doesNotContain("secret\n");
    }
    System.out.printf(
        "%,d hostile requests: %,d without an answer, as their bodies did not end; %,d x 2xx; all"
            + " by status: %s%n",
        REQUESTS, unanswered, successes(answers), answers);
    assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
    assertThat(contents()).isEqualTo(before);
    try (Stream<Path> texts = Files.list(folder.resolve("datasets"))) {
      assertThat(texts).allMatch(text -> text.getFileName().toString().matches(Uploads.NAME_FORM));
    }
    assertThat(folder.resolve("datasets/text.txt")).content().startsWith("to be or not to be\n");
    String id = service.submitted(1);
    service.awaitState(id, "succeeded");
  }

  private static int successes(Map<Integer, Integer> answers) {
    return answers.entrySet().stream()
        .filter(each -> each.getKey() < 300)
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  /** Whether the body is as long as its headers announce. */
  private static boolean isWhole(String request) {
    int end = request.indexOf("\r\n\r\n");
    String head = request.substring(0, end);
    String body = request.substring(end + 4);
    boolean chunked = head.contains("\r\nTransfer-Encoding: chunked");
    return LENGTH
            .matcher(head)
            .results()
            .allMatch(length -> Long.parseLong(length.group(1)) <= body.length())
        && (!chunked || body.startsWith("0\r\n\r\n"));
  }

  private String any(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private String request() {
    String body = any(BODIES);
    if (random.nextInt(8) == 0) {
      body = body.substring(0, random.nextInt(body.length() + 1));
    }
    boolean configuration = random.nextInt(4) == 0;
    StringBuilder request =
        new StringBuilder(
            configuration
                ? "POST /api/v1/runs HTTP/1.1\r\nContent-Type: application/yaml\r\n"
                : "%s%s HTTP/1.1\r\n".formatted(line(), any(QUERIES)));
    request.append(random.nextInt(20) == 0 ? "" : "Host: localhost:1\r\n");
    request.append("Connection: close\r\n");
    for (int j = configuration ? 0 : random.nextInt(3); j > 0; j--) {
      request.append(any(HEADERS)).append("\r\n");
    }
    if (configuration || random.nextInt(10) > 0) {
      int length = body.getBytes(StandardCharsets.ISO_8859_1).length;
      request.append("Content-Length: %d\r\n".formatted(length));
    }
    return request.append("\r\n").append(body).toString();
  }

  /** A route with hostile ids three times of four, by its own method or another; or anything. */
  private String line() {
    if (random.nextInt(4) > 0) {
      List<Route> routes = service.service().routes();
      Route route = routes.get(random.nextInt(routes.size()));
      String method = random.nextInt(3) > 0 ? route.method().name() : any(METHODS);
      String id = any(PARTS).replace("\\", "\\\\");
      return method + " " + route.path().replaceAll("\\{[a-z]+}", id);
    }
    StringBuilder path = new StringBuilder();
    for (int j = random.nextInt(6); j >= 0; j--) {
      path.append('/').append(any(PARTS));
    }
    return any(METHODS) + " " + path;
  }

  /** Files outside the folders of the service. */
  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        if (!name.startsWith("service.db")) {
          contents.put(name, Files.isRegularFile(file) ? Files.readString(file) : "");
        }
      }
    }
    return contents;
  }
}
