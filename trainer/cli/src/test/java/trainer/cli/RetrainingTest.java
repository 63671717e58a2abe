package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

/** Scheduled retraining of a model on a changing text, with real training processes. */
@Tag("slow")
final class RetrainingTest {
  private static final long SEED = 20261121;
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
    Files.writeString(folder.resolve("datasets/held-out.txt"), SmallJob.text(4_000, 3));
    SmallJob.write(folder);
    Files.delete(folder.resolve("corpus.txt"));
    Files.writeString(
        folder.resolve(SmallJob.FILE),
        Files.readString(folder.resolve(SmallJob.FILE))
            .replace("max_iterations: 160", "max_iterations: 60"));
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

  /** Makes the schedule due now; returns the outcome. */
  private JsonNode due(TrainerProcess service, int firing) throws SQLException {
    String url = "jdbc:sqlite:" + folder.resolve("models/service.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      statement.execute(
          "UPDATE schedules SET next_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    }
    service.await("end of firing " + firing, () -> ended(firing));
    return newest();
  }

  private boolean ended(int firing) {
    JsonNode newest = newest();
    return newest.path("number").asInt() == firing && !newest.path("ended_at").isNull();
  }

  private JsonNode newest() {
    return send("GET", "/schedules/nightly/firings?limit=1", "").at("/firings/0");
  }

  private int champion() {
    return send("GET", "/models/harbour", "").at("/champion/version").asInt();
  }

  private int client(String... words) {
    String[] all = SmallJob.with(words, "--server", address);
    return Main.run(all);
  }

  private Result process(String... words) {
    String[] all = SmallJob.with(words, "--server", address);
    Result result = TrainerProcess.run(folder, all);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
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
  void newCharactersLeadToDecisions() throws Exception {
    try (TrainerProcess service = serve()) {
      ObjectNode plan = (ObjectNode) JSON.readTree(plan());
      plan.put("start", "fresh").putNull("held_out");
      send("POST", "/schedules", plan.toString());
      JsonNode first = due(service, 1);
      assertThat(first.path("state").asText()).as(first.toString()).isEqualTo("promoted");
      assertThat(first.at("/figures/challenger/nats_per_character").asDouble())
          .isLessThan(first.at("/figures/unigram_nats_per_character").asDouble());

      append("\u00e9\u6f22 ".repeat(1_000)); // the last tenth decides
      JsonNode fresh = due(service, 2);
      assertThat(fresh.path("state").asText()).as(fresh.toString()).isEqualTo("promoted");
      long unknown = fresh.at("/figures/champion/unknown_characters").asLong();
      assertThat(unknown).isPositive();
      assertThat(fresh.at("/figures/challenger/unknown_characters").asLong()).isZero();
      assertThat(fresh.path("reason").asText()).contains("version 2 does not know 0, version 1");

      append("\u0436\u03bb ".repeat(200));
      send("PUT", "/schedules/nightly", plan.put("start", "champion").toString());
      JsonNode extended = due(service, 3);
      assertThat(extended.path("state").asText()).as(extended.toString()).isIn("promoted", "kept");
      assertThat(extended.at("/figures/challenger/unknown_characters").asLong()).isZero();
      assertThat(extended.at("/figures/champion/unknown_characters").asLong()).isPositive();
      assertThat(
              Files.readString(
                  folder.resolve("models/%s/1.log".formatted(extended.path("run").asText()))))
          .contains("characters added to the vocabulary: 2");

      Files.write(corpus, new byte[] {(byte) 0xff, (byte) 0xfe, 65});
      JsonNode garbled = due(service, 4);
      assertThat(garbled.path("state").asText()).as(garbled.toString()).isEqualTo("failed");
      assertThat(service.err())
          .containsPattern("(?m)^.*schedule nightly, trigger run 2: promoted: on 'validation', .+$")
          .containsPattern("(?m)^.*schedule nightly, trigger run 4: failed: .+$");

      String model = "registry:harbour";
      assertThat(client("delete", model + "@champion")).isEqualTo(2);
      String run = extended.path("run").asText();
      assertThat(client("delete", run)).isZero();
      assertThat(client("delete", run)).isEqualTo(2);
      assertThat(client("delete", model + "@1")).isZero();
      assertThat(client("delete", model)).isZero();
      assertThat(client("delete", model)).isEqualTo(2);
      assertThat(folder.resolve("models/registry/harbour")).doesNotExist();
    }
  }

  @Test
  void aRunWhoseServiceIsKilledResumesWithTheTextThatItBeganWith() throws Exception {
    String run;
    String began;
    try (TrainerProcess service = serve()) {
      ObjectNode plan = (ObjectNode) JSON.readTree(plan());
      String configuration = plan.path("configuration").asText();
      plan.put("start", "fresh");
      plan.put("configuration", configuration.replace("iterations: 60", "iterations: 3000"));
      send("POST", "/schedules", plan.toString());
      send("POST", "/schedules/nightly/trigger", "{}");
      service.await("a run", () -> newest().path("run").isTextual());
      run = newest().path("run").asText();
      began = newest().path("corpus_sha256").asText();
      Path checkpoints = folder.resolve("models/" + run + "/1/checkpoints");
      service.await("a checkpoint", () -> Files.exists(checkpoints.resolve("200.zip")));
      append("a new line\n");
    } // killed
    try (TrainerProcess service = serve()) {
      service.await("the outcome", () -> !newest().path("ended_at").isNull());
      JsonNode outcome = newest();
      assertThat(outcome.path("state").asText()).as(outcome.toString()).isEqualTo("promoted");
      assertThat(outcome.path("corpus_sha256").asText()).isEqualTo(began);
      JsonNode attempts = send("GET", "/runs/" + run, "").path("attempts");
      assertThat(attempts.size()).as(attempts.toString()).isGreaterThan(1);
      assertThat(
              Files.readString(folder.resolve("models/%s/%d.log".formatted(run, attempts.size()))))
          .contains("as the run began");
    }
  }

  @Test
  void aBetterModelIsPromotedAndAWorseOneIsNot() throws Exception {
    try (TrainerProcess service = serve()) {
      String run = process("submit", SmallJob.FILE, "--watch").out().strip();
      assertThat(client("register", "harbour", run)).isZero();
      assertThat(client("promote", "harbour@1", "--reason", "the first")).isZero();
      assertThat(client("models")).isZero();
      aRegisteredModelIsUsedLikeARun(run);

      JsonNode made = send("POST", "/schedules", plan());
      assertThat(made.path("next_at").asText()).as(made.toString()).isNotEmpty();
      Files.writeString(corpus, SmallJob.text(30_000, 2));
      JsonNode better = due(service, 1);
      assertThat(better.path("state").asText()).as(better.toString()).isEqualTo("promoted");
      assertThat(better.at("/figures/challenger/nats_per_character").asDouble())
          .isLessThan(better.at("/figures/champion/nats_per_character").asDouble());
      assertThat(champion()).isEqualTo(2);

      JsonNode unchanged = due(service, 2);
      assertThat(unchanged.path("state").asText()).as(unchanged.toString()).isEqualTo("skipped");

      Files.writeString(corpus, shuffled(SmallJob.text(30_000, 2)));
      JsonNode worse = due(service, 3);
      assertThat(worse.path("state").asText()).as(worse.toString()).isEqualTo("kept");
      assertThat(worse.path("reason").asText()).endsWith("not better by more than 0.0 nats");
      assertThat(champion()).isEqualTo(2);
      assertThat(send("GET", "/models/harbour", "").at("/challenger/version").asInt()).isEqualTo(3);

      assertThat(client("rollback", "harbour", "--reason", "a complaint")).isZero();
      assertThat(champion()).isEqualTo(1);
      assertThat(client("rollback", "harbour", "--reason", "another")).isEqualTo(2);
      assertThat(
              send("GET", "/models/harbour/history", "").path("history").findValuesAsText("kind"))
          .containsExactly("rolled_back", "kept", "promoted", "promoted");
    }
  }

  private void aRegisteredModelIsUsedLikeARun(String run) throws IOException {
    String champion = "registry:harbour@champion";
    Result written = process("sample", champion, "--length", "5", "--seed", "1");
    assertThat(written.out()).hasSize(6).endsWith("\n");
    assertThat(written.err()).contains("harbour@1, SHA-256 ");
    InProcess measured =
        InProcess.run(
            "evaluate",
            champion,
            "--corpus=" + folder.resolve("datasets/held-out.txt"),
            "--json",
            "--server=" + address);
    assertThat(measured.exitCode()).as(measured.err()).isZero();
    assertThat(measured.out()).contains("harbour@1");
    assertThat(JSON.readTree(measured.out()).path("nats_per_character").asDouble())
        .isBetween(0.5, Math.log(50)); // better than uniform
    Result exported =
        process("export", champion, "--format=csv", "--output=" + folder.resolve("champion.csv"));
    assertThat(exported.err()).contains("champion.csv: exported from harbour@1");
    assertThat(folder.resolve("champion.csv")).isNotEmptyFile();
    Result begun =
        process(
            "train",
            SmallJob.FILE,
            "--set=data.corpus=datasets/corpus.txt",
            "--set=training.max_iterations=1",
            "--init-from",
            champion);
    assertThat(begun.err()).contains("weights of harbour@1");
    assertThat(send("GET", "/models/harbour/versions/champion", "").path("run").asText())
        .isEqualTo(run);
  }

  private String plan() throws IOException {
    ObjectNode plan = JSON.createObjectNode();
    plan.put("name", "nightly").put("cron", "0 0 1 1 *").put("zone", "Europe/Berlin");
    plan.put("model", "harbour").put("start", "champion").put("held_out", "held-out.txt");
    plan.put("configuration", Files.readString(folder.resolve(SmallJob.FILE)));
    return plan.toString();
  }

  /** The same characters in random order. */
  private static String shuffled(String text) {
    char[] characters = text.toCharArray();
    Random random = new Random(SEED);
    for (int i = characters.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      char character = characters[i];
      characters[i] = characters[other];
      characters[other] = character;
    }
    return new String(characters);
  }
}
