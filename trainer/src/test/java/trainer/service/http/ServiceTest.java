package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the service does for those who use it rightly. */
final class ServiceTest {
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
  void aSubmittedRunIsTrainedAndShown() {
    HttpResponse<String> answer = service.submit(TestService.configuration(6));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    JsonNode submitted = TestService.json(answer);
    String id = submitted.path("id").asText();
    assertThat(submitted.path("state").asText()).isEqualTo("queued");
    assertThat(submitted.path("submitted_by").asText()).isEqualTo("local");
    assertThat(answer.headers().firstValue("Location")).hasValue(run(id));
    service.awaitState(id, "succeeded");

    JsonNode ended = service.json(run(id));
    assertThat(ended.at("/progress/iteration").asInt()).isEqualTo(6);
    assertThat(ended.at("/progress/iterations").asInt()).isEqualTo(6);
    assertThat(ended.at("/progress/train_loss").asDouble()).isEqualTo(0.5);
    assertThat(ended.at("/attempts/0/outcome").asText()).isEqualTo("succeeded");
    assertThat(service.get(run(id) + "/configuration").body())
        .contains("name: small")
        .contains(folder.resolve("datasets/text.txt").toString());
    assertThat(service.get(run(id) + "/log").body()).contains("step 1\n").endsWith("step 6\n");
    assertThat(service.json(run(id) + "/samples").at("/samples/0/text").asText())
        .isEqualTo("<b>11");
    assertThat(service.get(run(id) + "/model.zip").body()).isEqualTo("step 6");
    HttpResponse<String> curve = service.get(run(id) + "/loss.svg");
    assertThat(curve.headers().firstValue("Content-Type")).hasValue("image/svg+xml");
    assertThat(curve.body()).startsWith("<svg");
  }

  @Test
  void metricsComeAsJsonAndCsvAndFewer() {
    String id = service.submitted(40);
    service.awaitState(id, "succeeded");

    JsonNode all = service.json(run(id) + "/metrics");
    assertThat(all.path("rows_in_all").asInt()).isEqualTo(40);
    assertThat(all.path("rows")).hasSize(40);
    assertThat(all.at("/rows/0/validation_loss").isNull()).isTrue();
    JsonNode few = service.json(run(id) + "/metrics?points=10");
    assertThat(few.path("rows_in_all").asInt()).isEqualTo(40);
    assertThat(few.path("rows").size()).isBetween(4, 10);
    HttpResponse<String> csv =
        service.send(service.request(run(id) + "/metrics").header("Accept", "text/csv"));
    assertThat(csv.body()).startsWith("iteration,epoch,").hasLineCount(41);
    assertThat(service.get(run(id) + "/metrics?points=5").statusCode()).isEqualTo(422);
  }

  @Test
  void jsonIsAConfigurationToo() {
    HttpResponse<String> answer =
        service.post(
            "/api/v1/runs?name=from-json&priority=3",
            """
            {"data": {"corpus": "../datasets/text.txt"},
             "model": {"layers": [{"type": "gru", "size": 4}]}}
            """);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    assertThat(TestService.json(answer).path("id").asText()).startsWith("from-json-");
    assertThat(TestService.json(answer).path("priority").asInt()).isEqualTo(3);
  }

  @Test
  void aWrongConfigurationIsRefusedWithAllThatIsWrong() {
    HttpResponse<String> answer =
        service.submit("data: {corpus: /etc/passwd}\nmodel: {layers: [{type: lstm, sise: 4}]}\n");
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = TestService.json(answer);
    assertThat(problem.path("status").asInt()).isEqualTo(422);
    assertThat(problem.at("/errors/0/key").asText()).isEqualTo("model.layers[0].sise");
    assertThat(problem.at("/errors/0/line").asInt()).isEqualTo(2);
    assertThat(problem.path("detail").asText()).contains("did you mean 'size'?");
  }

  @Test
  void theSameKeySubmitsOnce() {
    HttpResponse<String> first = withKey("tuesday", TestService.configuration(1));
    HttpResponse<String> again = withKey("tuesday", TestService.configuration(1));

    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(TestService.json(again).path("id")).isEqualTo(TestService.json(first).path("id"));
    assertThat(withKey("tuesday", TestService.configuration(2)).statusCode()).isEqualTo(422);
    assertThat(withKey("x".repeat(201), TestService.configuration(1)).statusCode()).isEqualTo(400);
  }

  private static HttpResponse<String> withKey(String key, String configuration) {
    return service.send(
        service
            .request("/api/v1/runs")
            .header("Content-Type", "application/yaml")
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(configuration)));
  }

  @Test
  void runsAreListedInPages() {
    String first = service.submitted(1);
    String second = service.submitted(1);
    JsonNode page = service.json("/api/v1/runs?limit=1");
    assertThat(page.at("/runs/0/id").asText()).isEqualTo(second);
    JsonNode next = service.json("/api/v1/runs?limit=1&after=" + page.path("next_after").asLong());
    assertThat(next.at("/runs/0/id").asText()).isEqualTo(first);
    service.awaitState(second, "succeeded");
    assertThat(service.json("/api/v1/runs?state=succeeded&limit=200").path("runs"))
        .isNotEmpty()
        .allSatisfy(run -> assertThat(run.path("state").asText()).isEqualTo("succeeded"));
    assertThat(service.get("/api/v1/runs?state=asleep").statusCode()).isEqualTo(422);
    assertThat(service.get("/api/v1/runs?limit=0").statusCode()).isEqualTo(422);
  }

  @Test
  void aRunIsCancelledResumedAndDeleted() {
    String id = service.submitted(300);
    service.awaitState(id, "running");
    HttpResponse<String> running = service.send(service.request(run(id)).DELETE());
    assertThat(running.statusCode()).isEqualTo(409);
    assertThat(service.post(run(id) + "/cancel", "").statusCode()).isEqualTo(202);
    service.awaitState(id, "cancelled");
    assertThat(service.post(run(id) + "/cancel", "").statusCode()).isEqualTo(409);

    assertThat(service.post(run(id) + "/resume", "").statusCode()).isEqualTo(202);
    service.awaitState(id, "succeeded");
    assertThat(service.post(run(id) + "/resume", "").statusCode()).isEqualTo(409);
    assertThat(service.runs().resolve(id)).isDirectory();
    assertThat(service.send(service.request(run(id)).DELETE()).statusCode()).isEqualTo(204);
    assertThat(service.runs().resolve(id)).doesNotExist();
    assertThat(service.get(run(id)).statusCode()).isEqualTo(404);
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
                        "{\"prime\": \"@file ÄÖ \", \"length\": 1000, \"seed\": 7}")),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    try (InputStream in = answer.body()) {
      byte[] start = in.readNBytes(40);
      long first = System.nanoTime();
      String rest = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(new String(start, StandardCharsets.UTF_8)).startsWith("@file ÄÖ abc");
      assertThat(rest).endsWith("klmnopqrstuvwxyzabcdefghijkl\n");
      assertThat(System.nanoTime() - first).as("it came bit by bit").isGreaterThan(50_000_000L);
    }
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
    assertThat(service.post(generate, "{\"lenght\": 1}").body()).contains("'lenght': unknown key");
    assertThat(service.post(generate, "{\"length\": 20001}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"temperature\": 0}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"prime\": 1}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "{\"seed\": 1.5}").statusCode()).isEqualTo(422);
    assertThat(service.post(generate, "[]").statusCode()).isEqualTo(400);
    assertThat(service.post(generate, "{").statusCode()).isEqualTo(400);
    String waiting = service.submitted(1);
    assertThat(service.post(run(waiting) + "/generate", "{}").statusCode()).isIn(409, 200);
  }

  @Test
  void statusIsTold() {
    assertThat(service.get("/healthz").body()).isEqualTo("ok\n");
    assertThat(service.get("/readyz").body()).isEqualTo("ready\n");
    assertThat(service.json("/api/v1/datasets").at("/datasets/0/name").asText())
        .isEqualTo("text.txt");
    service.get("/api/v1/runs/small-00000000");
    assertThat(service.get("/metrics").body())
        .contains("trainer_runs{state=\"queued\"}")
        .contains("trainer_slots 1.0")
        .contains("trainer_http_requests_seconds_count{")
        .contains("route=\"/api/v1/runs/{id}\"")
        .contains("status=\"404\"");
    assertThat(service.get("/healthz").headers().firstValue("X-Request-Id")).isPresent();
  }
}
