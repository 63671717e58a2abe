package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Order among runs: search, sort, tags, notes, archive; and the figures shown. */
@Tag("slow")
final class RunListTest {
  @TempDir private static Path folder;
  private static TestService service;
  private static String fast;
  private static String slow;

  @BeforeAll
  static void start() {
    service = TestService.open(folder);
    fast = service.submitted(configuration("fast", 0.02, 4));
    slow = service.submitted(configuration("slow", 0.002, 2));
    String last = service.submitted(configuration("third", 0.1, 2));
    service.awaitState(last, "succeeded");
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static String configuration(String name, double rate, int steps) {
    return TestService.configuration(steps).replace("name: small", "name: " + name)
        + "  optimizer: {type: adam, learning_rate: %s}\n".formatted(rate);
  }

  private static List<String> names(String parameters) {
    JsonNode answer = service.json("/api/v1/runs?" + parameters);
    return answer.path("runs").findValuesAsText("name");
  }

  private static String q(String query) {
    return "q=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
  }

  private static HttpResponse<String> label(String id, String body) {
    return service.send(
        service
            .request("/api/v1/runs/" + id + "/labels")
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body)));
  }

  @Test
  void configurationKeysNamesAndFiguresAreSearched() {
    assertThat(names(q("optimizer.learning_rate < 0.01"))).containsExactly("slow");
    assertThat(names(q("training.optimizer.learning_rate<0.1 FAS"))).containsExactly("fast");
    assertThat(names(q("layers.type=lstm SLO"))).containsExactly("slow");
    assertThat(names(q("layers[0].size = 4 fast"))).containsExactly("fast");
    assertThat(names(q("best_validation_loss < 1 max_iterations < 9"))).containsExactly("fast");
    assertThat(names(q("state=failed"))).isEmpty();
    HttpResponse<String> unknown = service.get("/api/v1/runs?" + q("optimzer.rate = 1"));
    assertThat(unknown.statusCode()).isEqualTo(422);
    assertThat(unknown.body()).contains("no run has the key 'optimzer.rate'");
  }

  @Test
  void anyKeySortsAndPagesFollowTheOrder() {
    String few = q("max_iterations<9") + "&";
    assertThat(names(few + "sort=learning_rate")).startsWith("slow", "fast", "third");
    assertThat(names(few + "sort=-best_validation_loss&limit=3")).endsWith("fast");
    assertThat(names(few + "sort=name")).containsSubsequence("fast", "slow", "third");
    assertThat(names(few + "sort=number")).startsWith("fast", "slow", "third");
    String sorted = q("max_iterations<9 -") + "&sort=-name";
    JsonNode first = service.json("/api/v1/runs?limit=1&" + sorted);
    String after = "&limit=1&after=" + first.path("next_after").asText();
    assertThat(first.path("runs").findValuesAsText("name")).containsExactly("third");
    assertThat(names(sorted + after)).containsExactly("slow");
    assertThat(names(q("number > 1 max_iterations < 9"))).contains("slow").doesNotContain("fast");
    HttpResponse<String> gone = service.get("/api/v1/runs?after=999&" + sorted);
    assertThat(gone.statusCode()).isEqualTo(422);
    assertThat(gone.body()).contains("after='999': that run is not in the list any more");
  }

  @Test
  void tagsNotesAndArchiveAreKept() {
    String id = slow;
    String labels = "{\"tags\": [\"baseline\", \"v2\"], \"note\": \"Größe 4, ‘gut’\"}";
    assertThat(label(id, labels).statusCode()).isEqualTo(200);
    assertThat(names(q("tag=v2"))).containsExactly("slow");
    assertThat(names(q("größe"))).containsExactly("slow");
    assertThat(label(id, "{\"archived\": true}").statusCode()).isEqualTo(200);
    JsonNode run = service.json("/api/v1/runs/" + id);
    assertThat(run.path("tags")).hasSize(2);
    assertThat(run.path("note").asText()).startsWith("Größe");
    assertThat(names("limit=50")).doesNotContain("slow");
    assertThat(names("archived=true")).containsExactly("slow");
    assertThat(names("archived=true&" + q("tag=v2"))).containsExactly("slow");
    for (String wrong :
        List.of(
            "{\"tags\": [\"two words\"]}", "{\"tags\": \"x\"}", "{\"note\": 7}", "{\"tag\": []}")) {
      assertThat(label(id, wrong).statusCode()).as(wrong).isEqualTo(422);
    }
    assertThat(label("small-00000000", "{}").statusCode()).isEqualTo(404);
    assertThat(label(id, "{\"archived\": false, \"tags\": [], \"note\": \"\"}").body())
        .contains("\"archived\":false");
  }

  /** The best loss is that of the registry too, and all places show the same. */
  @Test
  void figuresAreTheSameEverywhere() {
    JsonNode progress = service.json("/api/v1/runs/" + fast).path("progress");
    assertThat(progress.path("best_validation_loss").asDouble()).isEqualTo(3.1 / 4);
    assertThat(progress.path("best_iteration").asInt()).isEqualTo(4);
    JsonNode compared = service.json("/api/v1/compare?run=" + fast);
    assertThat(compared.at("/runs/0/progress")).isEqualTo(progress);
    JsonNode listed = service.json("/api/v1/runs?" + q("name=fast")).at("/runs/0/progress");
    assertThat(listed.path("best_validation_loss"))
        .isEqualTo(progress.path("best_validation_loss"));
    assertThat(listed.path("validation_losses")).hasSize(2);
  }

  @Test
  void curvesHaveColumnsOfOneLength() {
    String path = "/api/v1/runs/" + fast + "/curves";
    JsonNode curves = service.json(path + "?points=100&smoothing=10");
    for (String column :
        List.of(
            "seconds",
            "train_loss",
            "train_loss_smoothed",
            "train_loss_least",
            "train_loss_greatest",
            "validation_loss",
            "gradient_norm",
            "learning_rate",
            "characters_per_second")) {
      assertThat(curves.path(column)).as(column).hasSize(4);
    }
    assertThat(service.json(path + "?from=2&to=3").path("iteration")).hasSize(2);
    assertThat(service.get(path + "?from=3&to=2").statusCode()).isEqualTo(422);
  }

  @Test
  void aQueuedRunKnowsItsPlace() {
    String first = service.submitted(configuration("long", 0.1, 100_000));
    service.awaitState(first, "running");
    String second = service.submitted(configuration("waiting", 0.1, 10));
    String third = service.submitted(configuration("waiting", 0.1, 10));
    assertThat(place(first).isNull()).isTrue();
    assertThat(place(second).asInt()).isEqualTo(1);
    assertThat(place(third).asInt()).isEqualTo(2);
    for (String id : List.of(third, second, first)) {
      service.post("/api/v1/runs/" + id + "/cancel", "");
    }
    service.awaitState(first, "cancelled");
  }

  private static JsonNode place(String id) {
    return service.json("/api/v1/runs/" + id).path("queue_place");
  }
}
