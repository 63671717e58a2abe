package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.file.Sha256;
import trainer.file.Watch;
import trainer.service.registry.Checkpoints;

/** The registry as its users see it. */
@Tag("slow")
final class ModelsTest {
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

  private static String trained(int steps) {
    String id = service.submitted(steps);
    service.awaitState(id, "succeeded");
    return id;
  }

  private static HttpResponse<String> register(String model, String run) {
    return service.post(
        "/api/v1/models/" + model + "/versions", "{\"run\": \"%s\"}".formatted(run));
  }

  private static HttpResponse<String> promote(String model, String version) {
    return service.post(
        "/api/v1/models/" + model + "/promote",
        "{\"version\": %s, \"reason\": \"looks good\"}".formatted(version));
  }

  @Test
  void aRunIsRegisteredPromotedReadAndRolledBack() throws Exception {
    HttpResponse<String> first = register("small", trained(3));
    assertThat(first.statusCode()).as(first.body()).isEqualTo(201);
    assertThat(first.headers().firstValue("Location")).hasValue("/api/v1/models/small/versions/1");
    assertThat(promote("small", "1").statusCode()).isEqualTo(200);
    register("small", trained(5));
    assertThat(promote("small", "\"challenger\"").statusCode()).isEqualTo(200);

    JsonNode model = service.json("/api/v1/models/small");
    assertThat(model.at("/champion/version").asInt()).isEqualTo(2);
    assertThat(model.at("/challenger").isNull()).isTrue();
    assertThat(model.path("versions")).hasSize(2);
    HttpResponse<Path> file =
        service.send(
            service.request("/api/v1/models/small/versions/champion/model.zip"),
            BodyHandlers.ofFile(folder.resolve("downloaded.zip")));
    assertThat(Checkpoints.read(file.body())).isEqualTo("step 5");
    assertThat(file.headers().firstValue("X-Model-Version")).hasValue("2");
    assertThat(file.headers().firstValue("X-Model-SHA256"))
        .hasValue(Sha256.hex(file.body(), Watch.none()));
    assertThat(
            service
                .post("/api/v1/models/small/versions/champion/generate", "{\"length\": 5}")
                .body())
        .isEqualTo("abcde");

    String worse = "{\"reason\": \"worse in use\", \"expected_champion\": 2}";
    HttpResponse<String> back = service.post("/api/v1/models/small/rollback", worse);
    assertThat(back.statusCode()).as(back.body()).isEqualTo(200);
    HttpResponse<String> twice = service.post("/api/v1/models/small/rollback", worse);
    assertThat(twice.statusCode()).isEqualTo(409);
    assertThat(TestService.json(twice).path("detail").asText())
        .startsWith("the champion of small is now version 1, not version 2");
    assertThat(service.json("/api/v1/models/small/versions/champion").path("version").asInt())
        .isEqualTo(1);
    JsonNode history = service.json("/api/v1/models/small/history?limit=2");
    assertThat(history.at("/history/0/kind").asText()).isEqualTo("rolled_back");
    assertThat(history.at("/history/0/reason").asText()).isEqualTo("worse in use");
    assertThat(history.at("/history/1/champion_before").asInt()).isEqualTo(1);
    JsonNode older =
        service.json("/api/v1/models/small/history?after=" + history.path("next_after").asLong());
    assertThat(older.path("history")).hasSize(1);
    assertThat(older.path("next_after").isNull()).isTrue();
  }

  @Test
  void aRunBeginsWithAVersionAndKeepsItsVocabulary() {
    register("start", trained(2));
    promote("start", "1");
    String configuration = TestService.configuration(1);
    HttpResponse<String> answer =
        service.send(
            service
                .request("/api/v1/runs?init_from=registry:start@champion")
                .header("Content-Type", "application/yaml")
                .POST(BodyPublishers.ofString(configuration)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    JsonNode run = TestService.json(answer);
    assertThat(run.path("init_from").asText()).isEqualTo("start@1");
    String id = run.path("id").asText();
    service.awaitState(id, "succeeded");
    String version = service.runs().resolve("registry/start/1").toString();
    assertThat(service.get("/api/v1/runs/" + id + "/configuration").body())
        .contains("vocabulary: " + version);
    assertThat(service.get("/api/v1/runs/" + id + "/log").body())
        .startsWith("begins with " + version + "\n");

    for (String wrong :
        new String[] {"start@champion", "registry:start@challenger", "registry:../x@1"}) {
      assertThat(service.post("/api/v1/runs?init_from=" + wrong, "{}").statusCode())
          .as(wrong)
          .isEqualTo(422);
    }
  }

  private static HttpResponse<String> delete(String path) {
    return service.send(service.request("/api/v1" + path).DELETE());
  }

  @Test
  void aDamagedModelIsTheServersErrorAndIsRestored() throws Exception {
    String run = trained(2);
    register("damaged", run);
    promote("damaged", "1");
    register("damaged", trained(3));
    promote("damaged", "2");
    Path file = service.runs().resolve("registry/damaged/1/best.zip");
    Files.writeString(file, "ste");

    HttpResponse<String> generated =
        service.post("/api/v1/models/damaged/versions/1/generate", "{\"length\": 5}");
    assertThat(generated.statusCode()).as(generated.body()).isEqualTo(500);
    assertThat(TestService.json(generated).path("detail").asText())
        .contains("'register damaged %s' restores it".formatted(run));
    HttpResponse<String> downloaded = service.get("/api/v1/models/damaged/versions/1/model.zip");
    assertThat(downloaded.statusCode()).as(downloaded.body()).isEqualTo(500);
    assertThat(TestService.json(downloaded).path("detail"))
        .isEqualTo(TestService.json(generated).path("detail"));
    HttpResponse<String> promoted = promote("damaged", "1");
    assertThat(promoted.statusCode()).as(promoted.body()).isEqualTo(409);
    assertThat(service.post("/api/v1/models/damaged/rollback", "{\"reason\": \"x\"}").statusCode())
        .isEqualTo(409);
    assertThat(register("damaged", run).statusCode()).isEqualTo(201);
    assertThat(Checkpoints.read(file)).isEqualTo("step 2");
    assertThat(promote("damaged", "1").statusCode()).isEqualTo(200);

    Files.writeString(service.runs().resolve(run + "/1/model.zip"), "ste");
    HttpResponse<String> refused = register("damaged", run);
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(409);
    assertThat(TestService.json(refused).path("detail").asText()).contains("model.zip is damaged");
  }

  @Test
  void modelsAndVersionsAreDeleted() throws Exception {
    register("gone", trained(2));
    promote("gone", "1");
    register("gone", trained(3));
    assertThat(delete("/models/gone/versions/champion").statusCode()).isEqualTo(409);
    assertThat(delete("/models/gone/versions/2").statusCode()).isEqualTo(204);
    assertThat(service.runs().resolve("registry/gone/2")).doesNotExist();
    assertThat(delete("/models/gone").statusCode()).isEqualTo(204);
    assertThat(service.runs().resolve("registry/gone")).doesNotExist();
    assertThat(service.get("/api/v1/models/gone").statusCode()).isEqualTo(404);
    assertThat(delete("/models/gone").statusCode()).isEqualTo(404);
    assertThat(TestService.json(register("gone", trained(4))).path("version").asInt()).isEqualTo(1);
  }

  @Test
  void whatIsNotThereOrDoesNotFitIsRefused() {
    String id = service.submitted(300);
    assertThat(register("early", id).statusCode()).isEqualTo(409);
    service.post("/api/v1/runs/" + id + "/cancel", "");
    assertThat(register("none", "small-00000000").statusCode()).isEqualTo(404);
    assertThat(register("%2e%2e", id).statusCode()).isIn(400, 404);
    assertThat(service.get("/api/v1/models/none").statusCode()).isEqualTo(404);
    assertThat(promote("none", "1").statusCode()).isEqualTo(404);
    register("refusals", trained(1));
    assertThat(promote("refusals", "2").statusCode()).isEqualTo(404);
    assertThat(promote("refusals", "1.5").statusCode()).isEqualTo(422);
    assertThat(service.get("/api/v1/models/refusals/versions/champion").statusCode())
        .isEqualTo(404);
    assertThat(service.get("/api/v1/models/refusals/versions/latest").statusCode()).isEqualTo(404);
    for (String body :
        new String[] {
          "{\"version\": 1}",
          "{\"version\": 1, \"reason\": \" \"}",
          "{\"version\": 1, \"reason\": \"%s\"}".formatted("x".repeat(1001)),
          "{\"version\": 1, \"reason\": \"x\", \"expected_champion\": -1}"
        }) {
      assertThat(service.post("/api/v1/models/refusals/promote", body).statusCode())
          .as(body)
          .isEqualTo(422);
    }
    String stale = "{\"version\": 1, \"reason\": \"x\", \"expected_champion\": 4}";
    HttpResponse<String> conflict = service.post("/api/v1/models/refusals/promote", stale);
    assertThat(conflict.statusCode()).isEqualTo(409);
    assertThat(TestService.json(conflict).path("detail").asText()).contains("review the figures");
    assertThat(service.post("/api/v1/models/refusals/rollback", "{\"reason\": \"x\"}").statusCode())
        .isEqualTo(409);
  }

  @Test
  void promotingNeedsAnAdministrator() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "submit sam %s\n".formatted("s".repeat(32)));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    try (TestService closed = TestService.withTokens(folder.resolve("closed"), tokens)) {
      HttpResponse<String> answer =
          closed.send(
              closed
                  .request("/api/v1/models/small/promote")
                  .header("Content-Type", "application/json")
                  .header("Authorization", "Bearer " + "s".repeat(32))
                  .POST(BodyPublishers.ofString("{}")));
      assertThat(answer.statusCode()).isEqualTo(403);
    }
  }
}
