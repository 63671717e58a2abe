package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.service.webhook.Receiver;

/** Webhooks as their users see them. */
@Tag("slow")
final class WebhooksTest {
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

  private static HttpResponse<String> create(String url, String events) {
    return service.post(
        "/api/v1/webhooks", "{\"url\": \"%s\", \"events\": %s}".formatted(url, events));
  }

  @Test
  void endsOfRunsAndPromotionsAreTold() {
    try (Receiver receiver = new Receiver(number -> 200, null)) {
      String url = "http://localhost:%d/".formatted(receiver.port());
      JsonNode made = TestService.json(create(url, "[\"run.succeeded\", \"model.promoted\"]"));
      assertThat(made.path("secret").asText()).startsWith("whsec_");
      String id = service.submitted(2);
      service.awaitState(id, "succeeded");
      TestService.await("message", () -> receiver.messages().size() == 1);
      assertThat(receiver.messages().get(0).body()).contains("run.succeeded").contains(id);

      String cancelled = service.submitted(4000);
      service.post("/api/v1/runs/" + cancelled + "/cancel", "");
      service.awaitState(cancelled, "cancelled");
      service.post("/api/v1/models/told/versions", "{\"run\": \"%s\"}".formatted(id));
      service.post("/api/v1/models/told/promote", "{\"version\": 1, \"reason\": \"good\"}");
      TestService.await("message", () -> receiver.messages().size() == 2);
      assertThat(receiver.messages().get(1).body())
          .contains("\"type\":\"model.promoted\"")
          .contains("\"champion_before\":null");

      String one = "/api/v1/webhooks/" + made.path("number").asLong();
      TestService.await(
          "note",
          () ->
              service
                  .json(one + "/deliveries")
                  .at("/deliveries/0/state")
                  .asText()
                  .equals("delivered"));
      assertThat(service.json(one + "/deliveries").path("deliveries")).hasSize(2);
      assertThat(service.get("/api/v1/webhooks").body()).contains(url).doesNotContain("whsec_");
      assertThat(service.send(service.request(one).DELETE()).statusCode()).isEqualTo(204);
      assertThat(service.send(service.request(one).DELETE()).statusCode()).isEqualTo(404);
      assertThat(service.get(one + "/deliveries").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void theEndOfASweepIsTold() {
    try (Receiver receiver = new Receiver(number -> 200, null)) {
      create("http://localhost:%d/".formatted(receiver.port()), "[\"sweep.succeeded\"]");
      ObjectNode sweep = new JsonMapper().createObjectNode().put("register", "searched");
      sweep.put("configuration", TestService.configuration(2)).withArray("vary").add("seed=2,1");
      String id =
          TestService.json(service.post("/api/v1/sweeps", sweep.toString())).path("id").asText();
      TestService.await("message", () -> receiver.messages().size() == 1);
      JsonNode ended = service.json("/api/v1/sweeps/" + id);
      assertThat(receiver.messages().get(0).body())
          .contains("\"type\":\"sweep.succeeded\"")
          .contains("\"id\":\"%s\",\"name\":\"small\",\"state\":\"succeeded\"".formatted(id))
          .contains("\"trials\":2,\"best_run\":\"%s\"".formatted(ended.at("/best/run").asText()))
          .contains("\"best_settings\":\"seed=1\",\"best_validation_loss\":1.55")
          .contains("\"model\":\"searched\",\"version\":1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "file:///etc/passwd",
        "http://user@localhost/"
      })
  void addressesInsideAreRefused(String url) {
    HttpResponse<String> answer = create(url, "null");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(TestService.json(answer).path("detail").asText()).startsWith("url: ");
  }

  @Test
  void whatIsWrongIsSaid() {
    for (String events : new String[] {"[]", "[\"run.started\"]", "\"run.failed\"", "{}"}) {
      HttpResponse<String> answer = create("http://localhost/", events);
      assertThat(answer.statusCode()).as(events).isEqualTo(422);
      assertThat(answer.body()).contains("run.succeeded");
    }
    assertThat(service.get("/api/v1/webhooks/x/deliveries").statusCode()).isEqualTo(404);
  }
}
