package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints over HTTP. */
@Tag("slow")
final class CheckpointsTest {
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
  void checkpointsAreListedAndSent() {
    Instant begin = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    String id = service.submitted(12);
    service.awaitState(id, "succeeded");
    JsonNode all = service.json(run(id) + "/checkpoints").path("checkpoints");
    assertThat(all.findValuesAsText("name")).startsWith("12.zip", "11.zip", "10.zip", "9.zip");
    assertThat(all).hasSize(12);
    assertThat(all.at("/0/iteration").asInt()).isEqualTo(12);
    assertThat(all.at("/0/bytes").asInt()).isEqualTo("step 12".length());
    assertThat(Instant.parse(all.at("/0/written_at").asText())).isBetween(begin, Instant.now());

    HttpResponse<String> ninth = service.get(run(id) + "/checkpoints/9.zip");
    assertThat(ninth.body()).isEqualTo("step 9");
    assertThat(ninth.headers().firstValue("Content-Type")).hasValue("application/zip");
    assertThat(ninth.headers().firstValue("Content-Length")).hasValue("6");
    assertThat(ninth.headers().firstValue("Content-Disposition"))
        .hasValue("attachment; filename=\"%s-9.zip\"".formatted(id));
    HttpResponse<String> none = service.get(run(id) + "/checkpoints/13.zip");
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(TestService.json(none).path("detail").asText())
        .contains("has no checkpoint 13.zip", "see /api/v1/runs/");
    assertThat(none.headers().firstValue("Content-Disposition")).isEmpty();
    assertThat(service.get(run("small-00000000") + "/checkpoints").statusCode()).isEqualTo(404);
  }

  @Test
  void aRunThatWaitsHasNoCheckpoints() {
    String busy = service.submitted(100_000);
    service.awaitState(busy, "running");
    String waiting = service.submitted(1);
    assertThat(service.json(run(waiting) + "/checkpoints").path("checkpoints")).isEmpty();
    assertThat(service.get(run(waiting) + "/checkpoints/1.zip").statusCode()).isEqualTo(404);
    service.post(run(waiting) + "/cancel", "");
    service.post(run(busy) + "/cancel", "");
    service.awaitState(busy, "cancelled");
  }

  @Test
  void nothingButCheckpointsIsSentAndNothingThroughALink() throws IOException {
    String id = service.submitted(1);
    service.awaitState(id, "succeeded");
    Path checkpoints = service.runs().resolve(id).resolve("1/checkpoints");
    Path secret = Files.writeString(folder.resolve("secret.zip"), "secret");
    Files.createSymbolicLink(checkpoints.resolve("7.zip"), secret);
    Files.createDirectory(checkpoints.resolve("8.zip"));
    Files.writeString(checkpoints.resolve("note.txt"), "secret");
    Files.writeString(checkpoints.resolve("02.zip"), "secret");
    for (String name :
        List.of(
            "7.zip",
            "8.zip",
            "note.txt",
            "02.zip",
            "01.zip",
            "1.ZIP",
            "1",
            "-1.zip",
            "99999999999.zip",
            "best.zip",
            "%2e%2e",
            "..%2fmodel.zip",
            "1.zip%2f..%2f..%2fmodel.zip",
            "..%2f..%2fconfiguration.yml",
            "..%5cmodel.zip",
            "1.zip%00",
            "1.zip%0a",
            "%D9%A1.zip")) {
      HttpResponse<String> answer = service.get(run(id) + "/checkpoints/" + name);
      assertThat(answer.statusCode()).as(name).isIn(400, 404);
      assertThat(answer.body()).as(name).doesNotContain("secret");
    }
    assertThat(service.json(run(id) + "/checkpoints").findValuesAsText("name"))
        .containsExactly("1.zip");
  }
}
