package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Schedules as their users see them; a model of more steps is a better one. */
@Tag("slow")
final class SchedulesTest {
  private static final Set<String> OPEN = Set.of("preparing", "training");

  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() throws IOException {
    service = TestService.open(folder);
    Files.writeString(folder.resolve("datasets/held.txt"), "to be or not\n");
    Files.writeString(folder.resolve("datasets/unreadable.txt"), "to be or not\n");
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static ObjectNode plan(String name, int steps) {
    ObjectNode plan = new JsonMapper().createObjectNode();
    plan.put("name", name);
    plan.put("cron", "0 0 1 1 *");
    plan.put("zone", "Europe/Berlin");
    plan.put("configuration", TestService.configuration(steps));
    plan.put("held_out", "held.txt");
    return plan;
  }

  private static HttpResponse<String> create(ObjectNode plan) {
    return service.post("/api/v1/schedules", plan.toString());
  }

  private static HttpResponse<String> change(ObjectNode plan) {
    return service.send(
        service
            .request("/api/v1/schedules/" + plan.path("name").asText())
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(plan.toString())));
  }

  private static HttpResponse<String> act(String name, String action, String body) {
    return service.post("/api/v1/schedules/%s/%s".formatted(name, action), body);
  }

  /** Fires a schedule and waits for what becomes of that. */
  private static JsonNode fired(String name, String body) {
    HttpResponse<String> answer = act(name, "trigger", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    TestService.await("end", () -> !OPEN.contains(newest(name).path("state").asText()));
    return newest(name);
  }

  private static JsonNode newest(String name) {
    return service.json("/api/v1/schedules/%s/firings?limit=1".formatted(name)).at("/firings/0");
  }

  @Test
  void monitoringIsToldWhenSchedulesFireAndWhatCameOfIt() {
    JsonNode made = TestService.json(create(plan("watched", 2)));
    fired("watched", "");
    fired("watched", "");
    String figures = service.get("/metrics").body();
    assertThat(figures)
        .contains("trainer_firings{schedule=\"watched\",state=\"promoted\"} 1.0\n")
        .contains("trainer_firings{schedule=\"watched\",state=\"skipped\"} 1.0\n")
        .contains("trainer_firings{schedule=\"watched\",state=\"failed\"} 0.0\n");
    String next = "trainer_schedule_next_timestamp_seconds{schedule=\"watched\"} ";
    double seconds =
        figures
            .lines()
            .filter(line -> line.startsWith(next))
            .mapToDouble(line -> Double.parseDouble(line.substring(next.length())))
            .sum();
    assertThat(Instant.ofEpochSecond((long) seconds)).isEqualTo(made.path("next_at").asText());

    act("watched", "pause", "");
    assertThat(service.get("/metrics").body()).doesNotContain(next);
  }

  /** Else a client that does not know of a number would delete files. */
  @Test
  void whatIsKeptStaysUnlessAChangeSaysOtherwise() {
    ObjectNode plan = plan("keeping", 1).put("keep", 20).put("keep_runs", 30).put("margin", 1);
    assertThat(create(plan).statusCode()).isEqualTo(201);
    plan.remove(List.of("keep", "keep_runs", "margin"));
    JsonNode changed = TestService.json(change(plan));
    assertThat(changed.path("keep").asInt()).isEqualTo(20);
    assertThat(changed.path("keep_runs").asInt()).isEqualTo(30);
    assertThat(changed.path("margin").asDouble()).as("the default").isZero();
    assertThat(TestService.json(change(plan.put("keep_runs", 2))).path("keep_runs").asInt())
        .isEqualTo(2);
    plan.put("name", "defaults").remove("keep_runs");
    assertThat(TestService.json(create(plan)).path("keep_runs").asInt()).isEqualTo(5);
  }

  @Test
  void theBetterIsPromotedTheWorseIsNotAndNothingNewIsSkipped() {
    assertThat(create(plan("story", 4)).statusCode()).isEqualTo(201);
    JsonNode first = fired("story", "");
    assertThat(first.path("state").asText()).as(first.toString()).isEqualTo("promoted");
    assertThat(first.path("reason").asText())
        .endsWith("version 1 has 0.7500 nats per character; there was no champion");
    assertThat(first.at("/figures/unigram_nats_per_character").asDouble()).isEqualTo(3.5);

    JsonNode unchanged = fired("story", "{}");
    assertThat(unchanged.path("state").asText()).isEqualTo("skipped");
    assertThat(unchanged.path("reason").asText())
        .startsWith("text and configuration are unchanged since the last result");

    change(plan("story", 6));
    JsonNode better = fired("story", "");
    assertThat(better.path("state").asText()).as(better.toString()).isEqualTo("promoted");
    assertThat(better.path("reason").asText())
        .matches(
            "on '.*held.txt', version 2 has 0.5000 nats per character; the champion, version 1, has"
                + " 0.7500");
    assertThat(better.at("/figures/challenger/nats_per_character").asDouble()).isEqualTo(0.5);
    assertThat(better.at("/figures/champion/version").asInt()).isEqualTo(1);

    change(plan("story", 3));
    JsonNode worse = fired("story", "");
    assertThat(worse.path("state").asText()).isEqualTo("kept");
    assertThat(worse.path("reason").asText()).endsWith(": not better by more than 0.0 nats");
    JsonNode model = service.json("/api/v1/models/story");
    assertThat(model.at("/champion/version").asInt()).isEqualTo(2);
    assertThat(model.at("/challenger/version").asInt()).isEqualTo(3);

    change(plan("story", 7).put("margin", 0.1));
    assertThat(fired("story", "").path("state").asText()).isEqualTo("kept");
    assertThat(fired("story", "{\"force\": true}").path("version").asInt()).isEqualTo(5);
    JsonNode history = service.json("/api/v1/models/story/history").path("history");
    assertThat(history.findValuesAsText("kind"))
        .containsExactly("kept", "kept", "kept", "promoted", "promoted");
    assertThat(history.get(0).path("decided_by").asText()).isEqualTo("schedule story");
    assertThat(history.get(0).at("/figures/margin").asDouble()).isEqualTo(0.1);
  }

  /** A schedule that is changed in any way that changes the result trains again. */
  @Test
  void aChangeOfModelStartTextOrMarginIsNotSkipped() throws IOException {
    Files.writeString(folder.resolve("datasets/held2.txt"), "to be or not\n".repeat(2));
    create(plan("changed", 2));
    fired("changed", "");
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("skipped");
    change(plan("changed", 2).put("priority", 1));
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("skipped");

    change(plan("changed", 2).put("model", "other-model"));
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("promoted");
    assertThat(service.json("/api/v1/models/other-model").at("/champion/version").asInt())
        .isEqualTo(1);
    ObjectNode started = plan("changed", 2).put("model", "other-model").put("start", "champion");
    change(started);
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("kept");
    change(started.put("held_out", "held2.txt"));
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("kept");
    change(started.put("margin", 0.5));
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("kept");
    assertThat(fired("changed", "").path("state").asText()).isEqualTo("skipped");
  }

  @Test
  void theSameFailureIsNotRepeatedAtEachInstant() {
    create(plan("failing", 9).put("held_out", "unreadable.txt"));
    JsonNode first = fired("failing", "");
    assertThat(first.path("state").asText()).as(first.toString()).isEqualTo("failed");
    JsonNode second = fired("failing", "");
    assertThat(second.path("state").asText()).as(second.toString()).isEqualTo("skipped");
    assertThat(second.path("reason").asText())
        .startsWith("the same text and configuration failed 1 times: the next try is in 10 minutes")
        .endsWith("unreadable.txt: cannot be read");
    assertThat(fired("failing", "{\"force\": true}").path("state").asText()).isEqualTo("failed");
    change(plan("failing", 9));
    assertThat(fired("failing", "").path("state").asText()).isEqualTo("promoted");
  }

  @Test
  void oldRunsAndEncodedTextsAreDeleted() throws IOException {
    ObjectNode plan = plan("tidy", 3).put("keep_runs", 1).put("keep", 1);
    assertThat(TestService.json(create(plan)).path("keep_runs").asInt()).isEqualTo(1);
    String champion = fired("tidy", "").path("run").asText();
    change(plan.put("configuration", TestService.configuration(2)));
    String second = fired("tidy", "").path("run").asText();
    change(plan.put("configuration", TestService.configuration(1)));
    String third = fired("tidy", "").path("run").asText();
    TestService.await("deletion", () -> service.get("/api/v1/runs/" + second).statusCode() == 404);
    assertThat(service.runs().resolve(second)).doesNotExist();
    assertThat(service.state(third)).isEqualTo("succeeded");
    assertThat(service.state(champion)).as("the champion's run").isEqualTo("succeeded");
    assertThat(service.runs().resolve(champion + "/1/model.zip")).exists();
    assertThat(service.runs().resolve(champion + "/1/corpus.bin")).doesNotExist();
    try (var copies = Files.newDirectoryStream(service.runs(), ".held-out-*")) {
      assertThat(copies).isEmpty();
    }
  }

  @Test
  void aFirstVersionThatIsWorseThanCountingIsNotPromoted() throws IOException {
    Files.writeString(folder.resolve("datasets/worse.txt"), "to be\n");
    create(plan("worse", 4).put("held_out", "worse.txt"));
    JsonNode first = fired("worse", "");
    assertThat(first.path("state").asText()).as(first.toString()).isEqualTo("kept");
    assertThat(first.path("reason").asText())
        .contains("there was no champion: not better than unigram counts, 3.5000")
        .endsWith("promote it with 'promote worse@1'");
    assertThat(service.json("/api/v1/models/worse").path("champion").isNull()).isTrue();
  }

  @Test
  void trainingCanBeginWithTheChampion() {
    create(plan("goes-on", 2).put("start", "champion").put("skip_unchanged", false));
    JsonNode first = fired("goes-on", "");
    String run = first.path("run").asText();
    assertThat(service.json("/api/v1/runs/" + run).path("init_from").isNull()).isTrue();
    JsonNode second = fired("goes-on", "");
    assertThat(
            service.json("/api/v1/runs/" + second.path("run").asText()).path("init_from").asText())
        .isEqualTo("goes-on@1");
    assertThat(second.path("state").asText()).as("as good, not better").isEqualTo("kept");
    String log = service.get("/api/v1/runs/" + second.path("run").asText() + "/log").body();
    assertThat(log).contains("registry/goes-on/1 and new characters");
    assertThat(service.get("/api/v1/runs/" + second.path("run").asText() + "/configuration").body())
        .contains("vocabulary: null");

    ObjectNode replacing = plan("goes-on", 2).put("start", "champion");
    replacing.put(
        "configuration",
        TestService.configuration(2).replace("text.txt", "text.txt, unknown: replace"));
    change(replacing);
    JsonNode third = fired("goes-on", "");
    assertThat(service.get("/api/v1/runs/" + third.path("run").asText() + "/configuration").body())
        .contains("registry/goes-on/1");
  }

  @Test
  void whatBreaksLeavesTheChampion() throws IOException {
    create(plan("breaks", 2));
    fired("breaks", "");
    change(plan("breaks", 9).put("held_out", "unreadable.txt"));
    JsonNode webhook =
        TestService.json(
            service.post(
                "/api/v1/webhooks",
                "{\"url\": \"http://localhost:1/\", \"events\": [\"schedule.failed\"]}"));
    JsonNode unmeasured = fired("breaks", "");
    assertThat(unmeasured.path("state").asText()).isEqualTo("failed");
    assertThat(unmeasured.path("reason").asText())
        .isEqualTo("breaks@2 cannot be evaluated: unreadable.txt: cannot be read");
    JsonNode told =
        service
            .json("/api/v1/webhooks/%d/deliveries".formatted(webhook.path("number").asLong()))
            .at("/deliveries/0/body/data");
    assertThat(told.path("schedule").asText()).isEqualTo("breaks");
    assertThat(told.path("reason")).isEqualTo(unmeasured.path("reason"));
    ObjectNode failing = plan("breaks", 9);
    Files.writeString(folder.resolve("datasets/soon-gone.txt"), "text\n");
    failing.put("configuration", TestService.configuration(1).replace("text.txt", "soon-gone.txt"));
    change(failing);
    Files.delete(folder.resolve("datasets/soon-gone.txt"));
    JsonNode missing = fired("breaks", "");
    assertThat(missing.path("state").asText()).isEqualTo("failed");
    assertThat(missing.path("reason").asText()).contains("soon-gone.txt");
    fired("breaks", "");
    assertThat(
            service
                .json("/api/v1/webhooks/%d/deliveries".formatted(webhook.path("number").asLong()))
                .path("deliveries"))
        .as("the same failure is told once")
        .hasSize(2);
    assertThat(service.json("/api/v1/models/breaks/versions/champion").path("version").asInt())
        .isEqualTo(1);
  }

  @Test
  void aCancelledRunEndsItsTriggerRun() {
    create(plan("stopped", 4000));
    act("stopped", "trigger", "");
    TestService.await("run", () -> newest("stopped").path("run").isTextual());
    String run = newest("stopped").path("run").asText();
    assertThat(act("stopped", "trigger", "").statusCode()).as("it is at work").isEqualTo(409);
    service.post("/api/v1/runs/" + run + "/cancel", "");
    TestService.await("end", () -> newest("stopped").path("state").asText().equals("failed"));
    assertThat(newest("stopped").path("reason").asText())
        .isEqualTo("its run %s is cancelled: cancelled by request".formatted(run));
  }

  @Test
  void schedulesAreChangedPausedAndDeleted() {
    assertThat(create(plan("other", 1)).headers().firstValue("Location"))
        .hasValue("/api/v1/schedules/other");
    assertThat(create(plan("other", 1)).statusCode()).isEqualTo(409);
    assertThat(TestService.json(act("other", "pause", "")).path("next_at").isNull()).isTrue();
    assertThat(TestService.json(act("other", "resume", "")).path("next_at").asText())
        .endsWith("-12-31T23:00:00Z");
    assertThat(change(plan("nobody", 1)).statusCode()).isEqualTo(404);
    for (String action : new String[] {"pause", "resume", "trigger"}) {
      assertThat(act("nobody", action, "").statusCode()).isEqualTo(404);
    }
    assertThat(service.send(service.request("/api/v1/schedules/other").DELETE()).statusCode())
        .isEqualTo(204);
    assertThat(service.get("/api/v1/schedules/other").statusCode()).isEqualTo(404);
  }

  @Test
  void whatIsWrongWithAPlanIsSaid() {
    check(plan("wrong", 1).put("cron", "0 25 * * *"), "cron: '0 25 * * *'");
    check(plan("wrong", 1).put("zone", "Mars"), "zone: 'Mars' is no time zone");
    check(plan("wrong", 1).put("margin", -1), "margin: must be nats per character");
    check(plan("wrong", 1).put("keep", 0), "keep: must be a whole number from 1 to 1000");
    check(plan("wrong", 1).put("start", "best"), "start: must be fresh or champion");
    check(plan("wrong", 1).put("held_out", "../secret.txt"), "held_out: '../secret.txt'");
    check(plan("wrong", 1).put("overlap", "no"), "overlap: must be true or false");
    check(plan("wrong", 1).put("when", "now"), "'when': unknown key");
    check(plan("../wrong", 1), "name: must be at most 100 letters");
    check(plan("wrong", 1).put("configuration", "date: 1"), "did you mean 'data'?");
    check(plan("wrong", 1).put("configuration", "data: {corpus: /etc/passwd}"), "/etc/passwd");
    assertThat(service.json("/api/v1/schedules").path("schedules").findValuesAsText("name"))
        .doesNotContain("wrong");
  }

  private static void check(ObjectNode plan, String message) {
    HttpResponse<String> answer = create(plan);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(TestService.json(answer).path("detail").asText()).contains(message);
  }
}
