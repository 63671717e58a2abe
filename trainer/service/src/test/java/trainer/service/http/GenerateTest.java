package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text generation over HTTP. */
@Tag("slow")
final class GenerateTest {
  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.open(folder);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static String run(String id) {
    return "/api/v1/runs/" + id;
  }

  @Test
  void textIsStreamedAsItIsWritten() throws IOException {
    String id = service.submitted(2);
    service.awaitState(id, "succeeded");
    HttpResponse<InputStream> answer =
        service.send(
            service
                .request(run(id) + "/generate")
                .header("Content-Type", "application/json")
                .POST(
                    BodyPublishers.ofString(
                        "{\"prime\": \"@file ÄÖ \", \"length\": 5000, \"seed\": 7}")),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    try (InputStream in = answer.body()) {
      byte[] start = in.readNBytes(40);
      assertThat(commandLines())
          .as("which every local user reads")
          .anyMatch(line -> line.contains("\0inference-process\0"))
          .noneMatch(line -> line.contains("@file"));
      long first = System.nanoTime();
      String rest = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(new String(start, StandardCharsets.UTF_8)).startsWith("@file ÄÖ abc");
      assertThat(rest).endsWith("ghijklmnopqrstuvwxyzabcdefgh");
      // 49 pauses of 20 ms were left
      assertThat(System.nanoTime() - first).as("it came bit by bit").isGreaterThan(50_000_000L);
    }
  }

  /** Of the processes of the service, as Linux shows them. */
  private static List<String> commandLines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (ProcessHandle process : ProcessHandle.current().descendants().toList()) {
      lines.add(Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline")));
    }
    return lines;
  }

  /** On a command line they would be options, or cut off, or depend on the locale. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-h",
        "--",
        "--seed=5",
        "-",
        "@file",
        "a\0b",
        "%PDF-1.4",
        "日本 été \uFFFD 😀",
        "$(id)",
        " "
      })
  void aPromptIsAnyText(String prompt) {
    String id = service.submitted(2);
    service.awaitState(id, "succeeded");
    String body =
        JsonNodeFactory.instance
            .objectNode()
            .put("prime", prompt)
            .put("length", 3)
            .put("temperature", 0)
            .toString();
    HttpResponse<String> answer = service.post(run(id) + "/generate", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(prompt + "abc");
  }

  @Test
  void textThatCannotBeWrittenIsRefused() {
    String id = service.submitted(2);
    service.awaitState(id, "succeeded");
    String generate = run(id) + "/generate";

    HttpResponse<String> unknown = service.post(generate, "{\"prime\": \"Straße\"}");
    assertThat(unknown.statusCode()).isEqualTo(422);
    assertThat(TestService.json(unknown).path("detail").asText())
        .isEqualTo("prime: the model does not know 'ß'; leave it out");
    HttpResponse<String> half = service.post(generate, "{\"prime\": \"a\\ud83d\"}");
    assertThat(half.statusCode()).as("no other text is read instead").isEqualTo(422);
    assertThat(half.body()).contains("prime: must be text without half of a surrogate pair");
    assertThat(service.post(generate, "{\"lenght\": 1}").body()).contains("'lenght': unknown key");
    assertThat(service.post(generate, "{\"length\": 20001}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"temperature\": -0.1}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"temperature\": 100.1}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"top_p\": 0}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"prime\": 1}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"seed\": 1.5}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "[]").statusCode()).isEqualTo(400);
    assertThat(service.post(generate, "{").statusCode()).isEqualTo(400);
    String waiting = service.submitted(1);
    assertThat(service.post(run(waiting) + "/generate", "{}").statusCode()).isIn(409, 200);
  }
}
