package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sweeps as their users see them; a trial of a lower seed is a better one. */
@Tag("slow")
final class SweepsTest {
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

  private static ObjectNode body(int steps, String... vary) {
    ObjectNode body = new JsonMapper().createObjectNode();
    body.put("configuration", TestService.configuration(steps));
    List.of(vary).forEach(body.withArray("vary")::add);
    return body;
  }

  private static HttpResponse<String> post(ObjectNode body) {
    return service.post("/api/v1/sweeps", body.toString());
  }

  private static JsonNode submitted(ObjectNode body) {
    HttpResponse<String> answer = post(body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return TestService.json(answer);
  }

  private static JsonNode ended(String id) {
    TestService.await("end", () -> !sweep(id).path("ended_at").isNull());
    return sweep(id);
  }

  private static JsonNode sweep(String id) {
    return service.json("/api/v1/sweeps/" + id);
  }

  private static List<String> column(JsonNode sweep, String pointer) {
    List<String> values = new ArrayList<>();
    sweep.path("table").forEach(row -> values.add(row.at(pointer).asText()));
    return values;
  }

  @Test
  void theBestGoOnFromTheirCheckpointsAndTheLastIsRegistered() {
    ObjectNode body = body(8, "seed=3,1,2,4").put("halving", 2).put("register", "searched");
    body.withArray("tags").add("night");
    String id = submitted(body.put("priority", 5)).path("id").asText();
    JsonNode sweep = ended(id);

    assertThat(sweep.path("state").asText()).as(sweep.toString()).isEqualTo("succeeded");
    assertThat(sweep.path("steps").toString())
        .isEqualTo(
            "[{\"iterations\":2,\"trials\":4},{\"iterations\":4,\"trials\":2},"
                + "{\"iterations\":8,\"trials\":1}]");
    assertThat(column(sweep, "/settings/seed")).containsExactly("1", "2", "3", "4");
    assertThat(column(sweep, "/state"))
        .containsExactly("finished", "dropped", "dropped", "dropped");
    assertThat(column(sweep, "/iterations")).containsExactly("8", "4", "2", "2");
    assertThat(sweep.at("/table/0/best_validation_loss").asDouble()).isEqualTo(3.1 / 8);
    assertThat(sweep.at("/best/trial").asInt()).isEqualTo(2);
    JsonNode run = service.json("/api/v1/runs/" + sweep.at("/best/run").asText());
    assertThat(run.path("name").asText()).isEqualTo("small-2");
    assertThat(run.path("tags").toString()).isEqualTo("[\"%s\",\"night\"]".formatted(id));
    assertThat(run.path("note").asText()).isEqualTo("seed=1");
    assertThat(run.path("priority").asInt()).isEqualTo(5);
    assertThat(run.path("attempt").asInt()).as("one for each step").isEqualTo(3);
    assertThat(run.at("/progress/iterations").asInt()).as("of the last step").isEqualTo(8);
    assertThat(service.get("/api/v1/runs/" + run.path("id").asText() + "/log").body())
        .as("of the last attempt: it began after the checkpoint of the one before")
        .startsWith("step 5\n");
    assertThat(sweep.path("version").asInt()).isEqualTo(1);
    assertThat(service.json("/api/v1/models/searched").at("/challenger/run").asText())
        .isEqualTo(run.path("id").asText());
    assertThat(sweep.at("/importance/0/key").asText()).isEqualTo("seed");
    assertThat(sweep.at("/importance/0/share").asDouble()).isEqualTo(1);
    JsonNode curves = service.json("/api/v1/sweeps/" + id + "/curves").path("curves");
    assertThat(curves).hasSize(4);
    assertThat(curves.at("/0/iteration").toString()).isEqualTo("[2.0,4.0,6.0,8.0]");
    assertThat(service.json("/api/v1/sweeps?limit=200").path("sweeps"))
        .anyMatch(each -> each.path("id").asText().equals(id));
  }

  @Test
  void aSweepOfAllCombinationsGroupsTheSeedsAndIsDeletedWithItsRuns() {
    ObjectNode body = body(2, "seed=1,2", "training.batch_size=4,1").put("name", "ignored");
    JsonNode sweep = ended(submitted(body).path("id").asText());
    assertThat(column(sweep, "/state")).containsOnly("finished").hasSize(4);
    assertThat(sweep.path("groups")).hasSize(2);
    assertThat(sweep.at("/groups/0/trials").asInt()).isEqualTo(2);
    assertThat(sweep.at("/groups/0/mean").asDouble()).isCloseTo(3.1 / 2 * 1.05, within(1e-12));
    assertThat(sweep.at("/importance/1/share").asDouble()).isZero();
    String id = sweep.path("id").asText();
    assertThat(service.send(service.request("/api/v1/sweeps/" + id).DELETE()).statusCode())
        .isEqualTo(204);
    assertThat(service.get("/api/v1/sweeps/" + id).statusCode()).isEqualTo(404);
    assertThat(service.get("/api/v1/runs/" + sweep.at("/best/run").asText()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void drawsAreRepeatable() {
    ObjectNode body = body(1, "seed=1..1000").put("trials", 3).put("seed", 7);
    JsonNode one = submitted(body);
    JsonNode other = submitted(body);
    assertThat(column(one, "/settings/seed"))
        .doesNotHaveDuplicates()
        .isEqualTo(column(other, "/settings/seed"));
    for (JsonNode sweep : List.of(one, other)) {
      service.post("/api/v1/sweeps/" + sweep.path("id").asText() + "/cancel", "");
    }
  }

  @Test
  void aFailedTrialIsARowAndASweepOfThemFails() {
    ObjectNode body = body(2, "seed=1,2");
    body.put("configuration", TestService.configuration(2) + "exit: 2\n");
    assertThat(post(body).statusCode()).as("not a key").isEqualTo(422);
    String id = submitted(body(4000, "seed=1,2")).path("id").asText();
    String run = sweep(id).at("/table/0/run").asText();
    TestService.await("runs", () -> service.state(run).equals("running"));
    assertThat(sweep(id).path("trials_ended").asInt()).isZero();
    service.post("/api/v1/runs/" + sweep(id).at("/table/1/run").asText() + "/cancel", "");
    assertThat(sweep(id).path("trials_ended").asInt()).isEqualTo(1);
    assertThat(service.json("/api/v1/sweeps?limit=1").at("/sweeps/0/trials_ended").asInt())
        .as("in the list")
        .isEqualTo(1);
    service.post("/api/v1/runs/" + run + "/cancel", "");
    JsonNode sweep = ended(id);
    assertThat(sweep.path("state").asText()).isEqualTo("failed");
    assertThat(sweep.path("reason").asText())
        .isEqualTo("no trial was trained to the end; the first: cancelled by request");
    assertThat(column(sweep, "/state")).containsOnly("cancelled");
  }

  @Test
  void aSweepIsCancelledAndEndsAfterItsTime() {
    String id = submitted(body(4000, "seed=1,2")).path("id").asText();
    HttpResponse<String> early = service.send(service.request("/api/v1/sweeps/" + id).DELETE());
    assertThat(early.statusCode()).isEqualTo(409);
    assertThat(early.body()).contains("cancel it first");
    assertThat(service.post("/api/v1/sweeps/" + id + "/cancel", "").statusCode()).isEqualTo(202);
    assertThat(ended(id).path("state").asText()).isEqualTo("cancelled");
    assertThat(column(sweep(id), "/run_state")).containsOnly("cancelled");
    assertThat(service.post("/api/v1/sweeps/" + id + "/cancel", "").statusCode()).isEqualTo(409);

    // A stand-in records 0.1 s for each iteration.
    ObjectNode body = body(4000, "seed=1,2").put("max_minutes", 0.01);
    JsonNode late = ended(submitted(body).path("id").asText());
    assertThat(late.path("reason").asText())
        .isEqualTo("max_minutes: its trials were trained for 0.01 minutes");
    assertThat(late.path("state").asText()).isEqualTo("succeeded");
    assertThat(column(late, "/state")).containsOnly("cancelled");
    assertThat(late.at("/best/iterations").asInt()).isGreaterThanOrEqualTo(6);
  }

  @Test
  void aRepeatedRequestIsAnsweredAsTheFirst() {
    String body = body(1, "seed=1").toString();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer =
          service.send(
              service
                  .request("/api/v1/sweeps")
                  .header("Content-Type", "application/json")
                  .header("Idempotency-Key", "monday")
                  .POST(BodyPublishers.ofString(body)));
      assertThat(answer.statusCode()).isEqualTo(i == 0 ? 201 : 200);
      ids.add(TestService.json(answer).path("id").asText());
    }
    assertThat(ids.get(0)).isEqualTo(ids.get(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'vary': ['seed=1']} | configuration: must be a configuration as YAML text",
        "{'configuration': CONFIGURATION} | vary: must be a list of 1 to 20 texts",
        "{'configuration': CONFIGURATION, 'vary': ['seed']} | vary seed: is not KEY=V1",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1..9']} | vary seed=1..9: a range needs trials N",
        "{'configuration': CONFIGURATION, 'vary': ['sede=1']} | vary sede=1: unknown key; did you mean 'seed'?",
        "{'configuration': CONFIGURATION, 'vary': ['seed=x']} | vary seed=x: ",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1,1']} | vary: two trials are the same, seed=1",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1', 'seed=2']} | vary seed: is given twice",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1,2'], 'halving': 1} | halving: must be a whole number from 2 to 100",
        "{'configuration': CONFIGURATION, 'vary': ['training.max_iterations=1,2'], 'halving': 2} | halving: all trials must have the same training.max_iterations: set it in",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1'], 'trials': 1000} | trials: must be a whole number from 1 to 200",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1'], 'max_minutes': 0} | max_minutes: must be minutes of training",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1'], 'register': '../x'} | register: must be at most 100 letters",
        "{'configuration': CONFIGURATION, 'vary': ['seed=1'], 'halvings': 2} | 'halvings': unknown key"
      })
  void whatIsWrongIsNamedWithItsField(String body, String message) {
    String configuration = new JsonMapper().valueToTree(TestService.configuration(2)).toString();
    HttpResponse<String> answer =
        service.post(
            "/api/v1/sweeps", body.replace('\'', '"').replace("CONFIGURATION", configuration));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(TestService.json(answer).path("detail").asText()).startsWith(message);
  }

  @Test
  void combinationsAreBounded() {
    String values = "1" + ",1".repeat(300);
    assertThat(post(body(2, "seed=" + values)).body())
        .contains("vary: 301 combinations, more than 200: draw some with trials N");
  }
}
