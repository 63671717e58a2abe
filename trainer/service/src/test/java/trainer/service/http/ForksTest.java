package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that continue a checkpoint of another, and estimates of runs. */
final class ForksTest {
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

  private static HttpResponse<String> send(String path, String configuration) {
    return service.send(
        service
            .request("/api/v1/" + path)
            .header("Content-Type", "application/yaml")
            .POST(BodyPublishers.ofString(configuration)));
  }

  @Test
  void aForkBeginsWithTheCheckpointAlsoWhenItsRunIsDeleted() throws IOException {
    String source = service.submitted(3);
    service.awaitState(source, "succeeded");
    String slow = service.submitted(400); // keeps the slot
    HttpResponse<String> submitted =
        send("runs?fork=" + source + "@2", TestService.configuration(4));
    assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(201);
    JsonNode fork = TestService.json(submitted);
    assertThat(fork.path("forked_from").asText()).isEqualTo(source + "@2");
    assertThat(service.send(service.request("/api/v1/runs/" + source).DELETE()).statusCode())
        .isEqualTo(204);
    service.post("/api/v1/runs/" + slow + "/cancel", "");

    String id = fork.path("id").asText();
    service.awaitState(id, "succeeded");
    Path kept = service.runs().resolve(id).resolve("fork");
    assertThat(service.get("/api/v1/runs/" + id + "/log").body())
        .contains("forks " + kept + "@2\n");
    assertThat(kept.resolve("checkpoints/2.zip")).hasContent("step 2");
    assertThat(kept.resolve("corpus.bin")).exists();
    assertThat(kept.resolve("samples.txt")).exists();
    assertThat(service.runs()).as("its row is stored").isDirectoryNotContaining("glob:**.fork-*");
    assertThat(service.json("/api/v1/runs/" + id).path("forked_from").asText())
        .isEqualTo(source + "@2");
  }

  @Test
  void aRepeatedRequestForksOnce() {
    String source = service.submitted(1);
    service.awaitState(source, "succeeded");
    String first = null;
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer =
          service.send(
              service
                  .request("/api/v1/runs?fork=" + source + "@1")
                  .header("Content-Type", "application/yaml")
                  .header("Idempotency-Key", "once")
                  .POST(BodyPublishers.ofString(TestService.configuration(2))));
      assertThat(answer.statusCode()).isEqualTo(i == 0 ? 201 : 200);
      String id = TestService.json(answer).path("id").asText();
      assertThat(first == null || first.equals(id)).isTrue();
      first = id;
    }
  }

  @Test
  void aForkThatIsRefusedLeavesNoFiles(@TempDir Path own) {
    try (TestService full = TestService.withLimits(own, new Limits(TestService.UPLOAD_BYTES, 1))) {
      String source = full.submitted(1);
      full.awaitState(source, "succeeded");
      String slow = full.submitted(400);
      full.awaitState(slow, "running");
      full.submitted(1);
      HttpResponse<String> refused =
          full.send(
              full.request("/api/v1/runs?fork=" + source + "@1")
                  .header("Content-Type", "application/yaml")
                  .POST(BodyPublishers.ofString(TestService.configuration(2))));
      assertThat(refused.body()).contains("queued_runs");
      assertThat(full.runs().toFile().list((folder, name) -> !name.equals(".database")))
          .containsExactlyInAnyOrder(source, slow);
    }
  }

  @Test
  void whatIsNoCheckpointIsRefused() {
    String source = service.submitted(1);
    service.awaitState(source, "succeeded");
    assertRefused(source + "@9", "has no checkpoint of iteration 9");
    assertRefused("x-00000000@1", "has no checkpoint of iteration 1");
    for (String wrong :
        List.of(source, source + "@-1", source + "@../1", source + "@1&init_from=x")) {
      assertRefused(wrong, "must be ");
    }
  }

  private static void assertRefused(String fork, String message) {
    HttpResponse<String> refused = send("runs?fork=" + fork, TestService.configuration(2));
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
    assertThat(TestService.json(refused).path("detail").asText()).contains(message);
  }

  @Test
  void aRunIsEstimatedBeforeItIsSubmitted() {
    HttpResponse<String> planned = send("plan", TestService.configuration(4));
    assertThat(planned.statusCode()).as(planned.body()).isEqualTo(200);
    assertThat(TestService.json(planned).path("seconds").asDouble()).isEqualTo(12.5);
    HttpResponse<String> wrong = send("plan?name=job", "data: {corpus: text.txt}\nmodle: {}\n");
    assertThat(wrong.statusCode()).isEqualTo(422);
    assertThat(TestService.json(wrong).path("detail").asText())
        .contains("job.yml:2: modle: unknown key; did you mean 'model'?");
    assertThat(send("plan", "data: {corpus: ../../etc/passwd}").statusCode()).isEqualTo(422);
  }

  @Test
  void anEstimateWhoseProcessCrashesMayBeTriedAgain() {
    HttpResponse<String> crashed =
        send("plan", TestService.configuration(4) + "  sequence_length: 637\n");
    assertThat(crashed.statusCode()).as(crashed.body()).isEqualTo(503);
    assertThat(TestService.json(crashed).path("detail").asText())
        .startsWith("the estimate took more than ")
        .contains("or its process crashed (exit code 137)");
  }

  @ParameterizedTest
  @CsvSource({"2, 422", "1, 503"})
  void aRefusalOfTheEstimateIsPassedOn(int code, int status) {
    String length = "  sequence_length: %d\n".formatted(500 + code);
    HttpResponse<String> refused = send("plan", TestService.configuration(4) + length);
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(status);
    assertThat(TestService.json(refused).path("detail").asText())
        .contains("plan, ")
        .contains("--json, --confine=" + folder.resolve("datasets"));
  }
}
