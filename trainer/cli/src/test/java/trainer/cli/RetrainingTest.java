package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scheduled retraining of a model on a changing text, with real training processes. */
@Tag("slow")
final class RetrainingTest {
  private static final Pattern ADDRESS =
      Pattern.compile("serving on (http://127\\.0\\.0\\.1:\\d+)");
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path temporary;
  private Path folder;
  private Path corpus;
  private final HttpClient client = HttpClient.newHttpClient();
  private String address;

  @BeforeEach
  void makeTexts() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    Files.createDirectory(folder.resolve("datasets"));
    corpus = folder.resolve("datasets/corpus.txt");
    Files.writeString(corpus, SmallJob.text(20_000, 1));
    SmallJob.write(folder);
    Files.delete(folder.resolve("corpus.txt"));
  }

  private JsonNode send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + "/api/v1" + path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
    try {
      return JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode outcome(TrainerProcess service, int firing) {
    service.await("end of firing " + firing, () -> ended(firing));
    return newest();
  }

  /** While no service runs. */
  private void inTheDatabase(String change) throws SQLException {
    String url = "jdbc:sqlite:" + folder.resolve("models/service.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      statement.execute(change);
    }
  }

  private boolean ended(int firing) {
    JsonNode newest = newest();
    return newest.path("number").asInt() == firing && !newest.path("ended_at").isNull();
  }

  private JsonNode newest() {
    return send("GET", "/schedules/nightly/firings?limit=1", "").at("/firings/0");
  }

  private InProcess client(String... words) {
    return InProcess.run(SmallJob.with(words, "--server=" + address));
  }

  private void succeeds(String... words) {
    InProcess done = client(words);
    assertThat(done.exitCode()).as(done.err()).isZero();
  }

  private void isRefused(String... words) {
    assertThat(client(words).exitCode()).isEqualTo(2);
  }

  private TrainerProcess serve() {
    TrainerProcess service =
        TrainerProcess.start(folder, "serve", "--port", "0").awaitError("serving on ");
    Matcher matcher = ADDRESS.matcher(service.err());
    assertThat(matcher.find()).isTrue();
    address = matcher.group(1);
    return service;
  }

  private void append(String text) throws IOException {
    Files.writeString(corpus, text, StandardOpenOption.APPEND);
  }

  @Test
  void aModelIsRetrainedOnNewCharactersAlthoughItsServiceIsKilled() throws Exception {
    String run;
    String began;
    try (TrainerProcess service = serve()) {
      send("POST", "/schedules", plan(60));
      send("POST", "/schedules/nightly/trigger", "{}");
      JsonNode first = outcome(service, 1);
      assertThat(first.path("state").asText()).as(first.toString()).isEqualTo("promoted");
      assertThat(first.at("/figures/challenger/nats_per_character").asDouble())
          .isLessThan(first.at("/figures/unigram_nats_per_character").asDouble());
      aRegisteredModelIsUsedLikeARun(first.path("run").asText());
      assertThat(service.err())
          .containsPattern(
              "(?m)^.*schedule nightly, trigger run 1: promoted: on 'validation', .+$");
    }
    inTheDatabase("UPDATE schedules SET next_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    try (TrainerProcess service = serve()) {
      JsonNode unchanged = outcome(service, 2);
      assertThat(unchanged.path("state").asText()).as(unchanged.toString()).isEqualTo("skipped");

      append("\u00e9\u6f22 ".repeat(1_000)); // the last tenth decides
      send("PUT", "/schedules/nightly", plan(400));
      send("POST", "/schedules/nightly/trigger", "{}");
      service.await("a run", () -> newest().path("run").isTextual());
      run = newest().path("run").asText();
      began = newest().path("corpus_sha256").asText();
      Path checkpoints = folder.resolve("models/" + run + "/1/checkpoints");
      service.await("a checkpoint", () -> Files.exists(checkpoints.resolve("40.zip")));
      append("a new line\n");
      assertThat(service.err())
          .containsPattern("(?m)^.*schedule nightly, trigger run 2: skipped: .+$");
    } // killed
    inTheDatabase("UPDATE runs SET lease_until = 1 WHERE state = 'running'"); // 20 s later
    try (TrainerProcess service = serve()) {
      service.await("the outcome", () -> !newest().path("ended_at").isNull());
      JsonNode outcome = newest();
      assertThat(outcome.path("state").asText()).as(outcome.toString()).isEqualTo("promoted");
      assertThat(outcome.path("reason").asText())
          .contains("version 2 has ")
          .contains("version 2 does not know 0, version 1");
      assertThat(outcome.at("/figures/champion/unknown_characters").asLong()).isPositive();
      assertThat(outcome.at("/figures/challenger/unknown_characters").asLong()).isZero();
      assertThat(outcome.path("corpus_sha256").asText()).isEqualTo(began);
      int attempts = send("GET", "/runs/" + run, "").path("attempts").size();
      assertThat(attempts).isGreaterThan(1);
      assertThat(log(run, 1)).contains("characters added to the vocabulary: 2");
      assertThat(log(run, attempts)).contains("as the run began");
      modelsAreManagedByCommands(run);
    }
  }

  private String log(String run, int attempt) throws IOException {
    return Files.readString(folder.resolve("models/%s/%d.log".formatted(run, attempt)));
  }

  private void modelsAreManagedByCommands(String run) {
    succeeds("rollback", "harbour", "--reason", "a complaint");
    isRefused("rollback", "harbour", "--reason", "another");
    succeeds("promote", "harbour@2", "--reason", "a mistake");
    assertThat(send("GET", "/models/harbour/history", "").path("history").findValuesAsText("kind"))
        .containsExactly("promoted", "rolled_back", "promoted", "promoted");
    succeeds("register", "quay", run);
    assertThat(client("models").out()).contains("harbour").contains("quay");
    isRefused("delete", "registry:harbour@champion");
    succeeds("delete", run);
    isRefused("delete", run);
    succeeds("delete", "registry:harbour@1");
    succeeds("delete", "registry:harbour");
    isRefused("delete", "registry:harbour");
    assertThat(folder.resolve("models/registry/harbour")).doesNotExist();
  }

  private void aRegisteredModelIsUsedLikeARun(String run) throws IOException {
    String champion = "registry:harbour@champion";
    InProcess written = client("sample", champion, "--length=5", "--seed=1");
    assertThat(written.out()).as(written.err()).hasSize(6).endsWith("\n");
    assertThat(written.err()).contains("harbour@1, SHA-256 ");
    InProcess measured = client("evaluate", "registry:harbour", "--corpus=" + corpus, "--json");
    assertThat(measured.out()).as(measured.err()).contains("harbour@1");
    assertThat(JSON.readTree(measured.out()).path("nats_per_character").asDouble())
        .isBetween(0.5, Math.log(50)); // better than uniform
    Path table = folder.resolve("champion.csv");
    InProcess exported = client("export", champion, "--format=csv", "--output=" + table);
    assertThat(exported.err()).contains("champion.csv: exported from harbour@1");
    assertThat(table).isNotEmptyFile();
    InProcess begun =
        client(
            "train",
            folder.resolve(SmallJob.FILE).toString(),
            "--output=" + folder.resolve("begun"),
            "--set=data.corpus=" + corpus,
            "--set=training.max_iterations=1",
            "--init-from=" + champion);
    assertThat(begun.err()).contains("weights of harbour@1");
    assertThat(send("GET", "/models/harbour/versions/champion", "").path("run").asText())
        .isEqualTo(run);
  }

  private String plan(int iterations) throws IOException {
    return JSON.createObjectNode()
        .put("name", "nightly")
        .put("cron", "0 0 1 1 *")
        .put("zone", "Europe/Berlin")
        .put("model", "harbour")
        .put("start", "champion")
        .put(
            "configuration",
            Files.readString(folder.resolve(SmallJob.FILE))
                .replace("iterations: 160", "iterations: " + iterations))
        .toString();
  }
}
