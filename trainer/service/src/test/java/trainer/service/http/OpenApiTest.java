package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The description of the interface and the interface say the same. */
final class OpenApiTest {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch");

  @TempDir private static Path folder;
  private static TestService service;
  private static JsonNode document;

  @BeforeAll
  static void start() throws Exception {
    service = TestService.open(folder);
    try (InputStream in = OpenApiTest.class.getResourceAsStream("openapi.yaml")) {
      Object tree = new Load(LoadSettings.builder().build()).loadFromInputStream(in);
      document = new JsonMapper().valueToTree(tree);
    }
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void everyRouteIsDescribedWithItsAccessAndNoOther() {
    Set<String> described = new HashSet<>();
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        if (METHODS.contains(operation.getKey())) {
          assertThat(operation.getValue().path("responses")).isNotEmpty();
          String access = operation.getValue().path("x-access").asText();
          described.add("%s %s %s".formatted(operation.getKey(), path.getKey(), access));
        }
      }
    }
    Set<String> routes = new HashSet<>();
    for (Route route : service.service().routes()) {
      if (route.path().equals("/") || route.path().startsWith("/assets/")) {
        continue; // the page for people
      }
      routes.add(
          "%s %s %s"
              .formatted(route.method().name(), route.path(), route.access().name())
              .toLowerCase(Locale.ROOT));
    }
    assertThat(described).isEqualTo(routes);
  }

  @Test
  void bodiesAreOfTheTypesThatTheRoutesTake() {
    for (Route route : service.service().routes()) {
      JsonNode body =
          document
              .path("paths")
              .path(route.path())
              .path(route.method().name().toLowerCase(Locale.ROOT))
              .path("requestBody");
      Set<String> described = new HashSet<>();
      body.path("content").fieldNames().forEachRemaining(described::add);
      switch (route.body()) {
        case NONE -> assertThat(described).as(route.path()).isEmpty();
        case TEXT -> assertThat(described).as(route.path()).isNotEmpty();
        case JSON, CONFIGURATION -> {
          if (!body.isMissingNode()) { // what needs no keys is not described
            assertThat(described)
                .as(route.path())
                .containsExactlyInAnyOrderElementsOf(route.body().types());
          }
        }
      }
    }
  }

  @Test
  void routesHaveTheQueryParametersThatAreDescribed() {
    for (Route route : service.service().routes()) {
      Set<String> described = new HashSet<>();
      for (JsonNode parameter :
          document
              .path("paths")
              .path(route.path())
              .path(route.method().name().toLowerCase(Locale.ROOT))
              .path("parameters")) {
        JsonNode shared = document.at(parameter.path("$ref").asText("#").substring(1));
        JsonNode one = parameter.has("$ref") ? shared : parameter;
        if (one.path("in").asText().equals("query")) {
          described.add(one.path("name").asText());
        }
      }
      assertThat(described)
          .as(route.path())
          .containsExactlyInAnyOrderElementsOf(route.parameters().names());
    }
  }

  @Test
  void operationsWithoutTokensAreMarked() {
    for (JsonNode path : document.path("paths")) {
      for (Map.Entry<String, JsonNode> operation : path.properties()) {
        if (METHODS.contains(operation.getKey())) {
          assertThat(operation.getValue().path("security").isArray())
              .as(operation.getValue().path("operationId").asText())
              .isEqualTo(operation.getValue().path("x-access").asText().equals("open"));
        }
      }
    }
  }

  @Test
  void answersAreAsDescribed() {
    String id = service.submitted(4);
    check("Run", service.json("/api/v1/runs/" + id));
    service.awaitState(id, "succeeded");
    check("Run", service.json("/api/v1/runs/" + id));
    check("RunList", service.json("/api/v1/runs?limit=1"));
    check("Metrics", service.json("/api/v1/runs/" + id + "/metrics"));
    check("Curves", service.json("/api/v1/runs/" + id + "/curves?smoothing=10"));
    check("Samples", service.json("/api/v1/runs/" + id + "/samples"));
    HttpResponse<String> version =
        service.post("/api/v1/models/small/versions", "{\"run\": \"%s\"}".formatted(id));
    check("Version", TestService.json(version));
    check(
        "Decision",
        TestService.json(
            service.post(
                "/api/v1/models/small/promote",
                "{\"version\": \"challenger\", \"reason\": \"the first\"}")));
    check("ModelList", service.json("/api/v1/models"));
    check("Model", service.json("/api/v1/models/small"));
    check("History", service.json("/api/v1/models/small/history"));
    check(
        "Webhook",
        TestService.json(service.post("/api/v1/webhooks", "{\"url\": \"http://localhost:1/\"}")));
    check("WebhookList", service.json("/api/v1/webhooks"));
    check("DeliveryList", service.json("/api/v1/webhooks/1/deliveries"));
    String plan =
        "{\"name\": \"yearly\", \"cron\": \"0 0 1 1 *\", \"configuration\": %s}"
            .formatted(new JsonMapper().valueToTree(TestService.configuration(1)));
    check("Schedule", TestService.json(service.post("/api/v1/schedules", plan)));
    check("Firing", TestService.json(service.post("/api/v1/schedules/yearly/trigger", "")));
    TestService.await(
        "promotion",
        () ->
            service
                .json("/api/v1/schedules/yearly/firings")
                .at("/firings/0/state")
                .asText()
                .equals("promoted"));
    check("FiringList", service.json("/api/v1/schedules/yearly/firings"));
    check("ScheduleList", service.json("/api/v1/schedules"));
    String sweep =
        "{\"configuration\": %s, \"vary\": [\"seed=1,2\"], \"halving\": 2}"
            .formatted(new JsonMapper().valueToTree(TestService.configuration(2)));
    JsonNode submitted = TestService.json(service.post("/api/v1/sweeps", sweep));
    check("SweepResult", submitted);
    String place = "/api/v1/sweeps/" + submitted.path("id").asText();
    TestService.await("end", () -> !service.json(place).path("ended_at").isNull());
    check("SweepResult", service.json(place));
    check("SweepCurves", service.json(place + "/curves"));
    check("SweepList", service.json("/api/v1/sweeps"));
    check("Checkpoints", service.json("/api/v1/runs/" + id + "/checkpoints"));
    check("Datasets", service.json("/api/v1/datasets"));
    check("Devices", service.json("/api/v1/devices"));
    check("Comparison", service.json("/api/v1/compare?run=%s&run=%s&points=6".formatted(id, id)));
    check("Upload", TestService.json(service.upload("new.txt", "to be")));
    String completion = "{\"model\": \"%s\", \"max_tokens\": 2, \"logprobs\": 1}".formatted(id);
    check("Completion", TestService.json(service.post("/v1/completions", completion)));
    check("CompletionModels", service.json("/v1/models"));
    check("CompletionError", TestService.json(service.post("/v1/completions", "{}")));
    check(
        "Explanation",
        TestService.json(
            service.post("/api/v1/runs/%s/explain".formatted(id), "{\"text\": \"to be\"}")));
    check("Problem", service.json("/api/v1/runs/small-00000000"));
    check("Problem", TestService.json(service.submit("date: x")));
    assertThat(service.get("/api/v1/openapi.yaml").body()).startsWith("openapi: 3.1.0\n");
  }

  private static void check(String schema, JsonNode answer) {
    ObjectNode root = new JsonMapper().createObjectNode();
    root.put("$ref", "#/components/schemas/" + schema);
    root.set("components", document.path("components"));
    JsonSchema compiled = JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(root);
    Set<ValidationMessage> problems = compiled.validate(answer);
    assertThat(problems).as("%s: %s", schema, answer).isEmpty();
  }
}
