package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.registry.Checkpoints;

/** Runs over HTTP: submission, records, lists, changes, comparison, status. */
@Tag("slow")
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
  void aFullQueueSaysWhatToDo(@TempDir Path other) {
    try (TestService full = TestService.withLimits(other, new Limits(0, 1))) {
      full.awaitState(full.submitted(100_000), "running");
      String waiting = full.submitted(1);
      HttpResponse<String> refused = full.submit(TestService.configuration(1));
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("60");
      assertThat(TestService.json(refused).path("detail").asText())
          .isEqualTo(
              "1 runs are waiting, the limit (queued_runs): wait until some are trained, or cancel"
                  + " some");
      full.post("/api/v1/runs/" + waiting + "/cancel", "");
      assertThat(full.submit(TestService.configuration(1)).statusCode()).isEqualTo(201);
      assertThat(full.post("/api/v1/runs/" + waiting + "/resume", "").statusCode()).isEqualTo(503);
    }
  }

  @Test
  void aSubmittedRunIsTrainedAndShown() throws IOException {
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
    Path model = folder.resolve("runs/" + id + "/1/model.zip");
    assertThat(
            service
                .send(service.request(run(id) + "/model.zip"), BodyHandlers.ofByteArray())
                .body())
        .isEqualTo(Files.readAllBytes(model));
    assertThat(Checkpoints.read(model)).isEqualTo("step 6");
    HttpResponse<String> curve = service.get(run(id) + "/loss.svg");
    assertThat(curve.headers().firstValue("Content-Type")).hasValue("image/svg+xml");
    assertThat(curve.body()).startsWith("<svg");
    HttpResponse<String> picture = service.get(run(id) + "/loss.png");
    assertThat(picture.headers().firstValue("Content-Type")).hasValue("image/png");
    assertThat(picture.body()).isEqualTo("a picture");
    assertThat(service.json(run(id) + "/provenance").path("program").asText())
        .isEqualTo("stand-in");
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
  void statusIsTold() {
    assertThat(service.get("/healthz").body()).isEqualTo("ok\n");
    assertThat(service.get("/readyz").body()).isEqualTo("ready\n");
    assertThat(service.json("/api/v1/datasets").findValuesAsText("name")).contains("text.txt");
    service.get("/api/v1/runs/small-00000000");
    // A request is counted once its answer has been sent.
    TestService.await("count", () -> service.get("/metrics").body().contains("status=\"404\""));
    assertThat(service.get("/metrics").body())
        .contains("trainer_runs{state=\"queued\"}")
        .contains("trainer_slots 1.0")
        .contains("trainer_http_requests_seconds_count{")
        .contains("route=\"/api/v1/runs/{id}\"")
        .contains("status=\"404\"");
    assertThat(service.get("/healthz").headers().firstValue("X-Request-Id")).isPresent();
  }

  @Test
  void runsAreComparedKeyByKey() {
    String small = service.submitted(1);
    String large = service.submitted(TestService.configuration(2).replace("size: 4", "size: 8"));
    JsonNode compared = service.json("/api/v1/compare?run=%s&run=%s".formatted(small, large));
    assertThat(compared.at("/runs/1/id").asText()).isEqualTo(large);
    List<String> different = new ArrayList<>();
    for (JsonNode row : compared.path("configuration")) {
      if (!row.at("/values/0").equals(row.at("/values/1"))) {
        different.add(
            "%s: %s, %s"
                .formatted(
                    row.path("key").asText(),
                    row.at("/values/0").asText(),
                    row.at("/values/1").asText()));
      }
    }
    assertThat(different)
        .containsExactly("model.layers[0].size: 4, 8", "training.max_iterations: 1, 2");
    assertThat(service.get("/api/v1/compare").statusCode()).isEqualTo(422);
    assertThat(service.get("/api/v1/compare?run=small-00000000").statusCode()).isEqualTo(404);
    assertThat(service.get("/api/v1/compare?" + "run=x&".repeat(21)).statusCode()).isEqualTo(422);
  }

  @Test
  void aProxysRequestIdIsKeptWhereItIsOne() {
    assertThat(requestId("proxy-17.x_Y")).isEqualTo("proxy-17.x_Y");
    assertThat(requestId("a b")).matches("[0-9a-f]{16}");
    assertThat(requestId("x".repeat(65))).matches("[0-9a-f]{16}");
  }

  private static String requestId(String given) {
    return service
        .send(service.request("/healthz").header("X-Request-Id", given))
        .headers()
        .firstValue("X-Request-Id")
        .orElseThrow();
  }

  @Test
  void devicesAreListedWithWhatIsTrainedWhere() {
    JsonNode idle = service.json("/api/v1/devices");
    assertThat(idle.at("/gpus/1/name").asText()).isEqualTo("second");
    String id = service.submitted(500);
    service.awaitState(id, "running");
    TestService.await(
        "use", () -> service.json("/api/v1/devices").at("/slots/0/run").asText().equals(id));
    assertThat(service.json("/api/v1/devices").at("/slots/0/device").asText()).isEqualTo("cpu");
    TestService.await("resources", () -> service.get(run(id) + "/resources").statusCode() == 200);
    TestService.await(
        "processor time", // none is counted of a process that has just begun
        () -> service.json(run(id) + "/resources").path("processor_seconds").asDouble() > 0);
    for (String split : List.of("train", "validation")) {
      String line = "trainer_run_loss{run=\"%s\",split=\"%s\"}".formatted(id, split);
      TestService.await(line, () -> service.get("/metrics").body().contains(line));
    }
    service.post(run(id) + "/cancel", "");
    service.awaitState(id, "cancelled");
    assertThat(service.get("/metrics").body()).doesNotContain(id);
  }
}
