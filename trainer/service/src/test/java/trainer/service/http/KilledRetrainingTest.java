package trainer.service.http;

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
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.file.Sha256;
import trainer.service.database.Dialect;
import trainer.service.database.TestDatabases;
import trainer.service.registry.Checkpoints;
import trainer.service.schedule.UnigramTrainer;
import trainer.service.worker.StandInWorker;

/**
 * A service is killed (SIGKILL) during trigger runs, with the process of its run or without: each
 * trigger run comes to one right decision. {@code -Dservice.kills} sets how often, {@code
 * -Dservice.seed} when.
 */
@Tag("slow")
final class KilledRetrainingTest {
  private static final long SEED = Long.getLong("service.seed", 20261129);
  private static final int KILLS = Integer.getInteger("service.kills", 2);
  private static final int LATEST_KILL_MILLISECONDS = 2500; // about as long as a trigger run takes
  private static final double MARGIN = 0.01;
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> texts = new HashMap<>(); // by SHA-256
  private Process process;
  private String database;
  private String address;
  private int champion; // version; 0: none

  private void start() throws IOException {
    List<String> command = new ArrayList<>(StandInWorker.java(StandInService.class));
    command.addAll(List.of(folder.toString(), database, "1", UnigramTrainer.class.getName()));
    process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
            .start();
    address = "http://127.0.0.1:%s/api/v1".formatted(process.inputReader().readLine());
  }

  @AfterEach
  void kill() throws InterruptedException {
    if (process == null) {
      return;
    }
    List<ProcessHandle> runs = process.descendants().toList();
    process.destroyForcibly().waitFor();
    runs.forEach(ProcessHandle::destroyForcibly);
  }

  private JsonNode send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
    try {
      return JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void writeText() throws IOException {
    StringBuilder text = new StringBuilder();
    String letters =
        "eeeettaaooinshr \n".substring(random.nextInt(8))
            + "\u00e9\u6f22".charAt(random.nextInt(2));
    for (int i = 0; i < 2000; i++) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    Path part = Files.writeString(folder.resolve("part"), text);
    texts.put(Sha256.hex(text.toString()), text.toString());
    Files.move(part, folder.resolve("datasets/text.txt"), StandardCopyOption.ATOMIC_MOVE);
  }

  private JsonNode newest() {
    return send("GET", "/schedules/s/firings?limit=1", "").at("/firings/0");
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void everyTriggerRunComesToOneRightDecision(Dialect dialect) throws Exception {
    database =
        dialect == Dialect.SQLITE ? TestDatabases.sqlite(folder) : TestDatabases.postgresql();
    Files.createDirectory(folder.resolve("datasets"));
    writeText();
    start();
    send(
        "POST",
        "/schedules",
        JSON.createObjectNode()
            .put("name", "s")
            .put("cron", "0 0 1 1 *")
            .put("margin", MARGIN)
            .put("keep", 1000)
            .put("keep_runs", 1000)
            .put("start", "champion")
            .put(
                "configuration",
                "{data: {corpus: text.txt}, model: {layers: [{type: lstm, size: 4}]}}")
            .toString());
    int kills = dialect == Dialect.SQLITE ? KILLS : (KILLS + 1) / 2;
    for (int i = 0; i <= kills; i++) {
      String what = "seed %d, trigger run %d".formatted(SEED, i);
      JsonNode made = send("POST", "/schedules/s/trigger", "{\"force\": true}");
      assertThat(made.path("number").asInt()).as(made.toString()).isEqualTo(i + 1);
      if (i < kills) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(LATEST_KILL_MILLISECONDS));
        if (i % 2 == 0) {
          kill();
        } else { // its run ends by itself
          process.destroyForcibly().waitFor();
        }
        if (random.nextBoolean()) {
          writeText();
        }
        start();
      }
      TestService.await("outcome", () -> !newest().path("ended_at").isNull());
      check(newest(), what);
      writeText();
    }
    assertThat(send("GET", "/runs", "").path("runs")).as("one for each").hasSize(kills + 1);
    assertThat(send("GET", "/models/s", "").path("versions")).hasSize(kills + 1);
  }

  private void check(JsonNode outcome, String what) throws IOException {
    String all = what + ": " + outcome;
    JsonNode figures = outcome.path("figures");
    String text = texts.get(figures.path("sha256").asText());
    assertThat(text).as(all).isNotNull();
    assertThat(outcome.path("corpus_sha256").asText())
        .as(all)
        .isEqualTo(figures.path("sha256").asText());
    int version = outcome.path("version").asInt();
    boolean promote = champion == 0 || loss(champion, text) - loss(version, text) > MARGIN;
    assertThat(outcome.path("state").asText()).as(all).isEqualTo(promote ? "promoted" : "kept");
    if (promote) {
      champion = version;
    }
    assertThat(send("GET", "/models/s", "").at("/champion/version").asInt())
        .as(all)
        .isEqualTo(champion);
  }

  /** Nats per character of the last fifth of a text. */
  private double loss(int version, String text) throws IOException {
    Map<Integer, Double> counts = new HashMap<>();
    Checkpoints.read(folder.resolve("runs/registry/s/%d/best.zip".formatted(version)))
        .lines()
        .map(line -> line.split(" "))
        .forEach(line -> counts.put(Integer.valueOf(line[0]), Double.valueOf(line[1])));
    double all = counts.values().stream().mapToDouble(Double::doubleValue).sum();
    return text.chars()
        .skip(text.length() - text.length() / 5)
        .mapToDouble(
            character ->
                counts.containsKey(character)
                    ? Math.log(all / counts.get(character))
                    : Math.log(1_112_064))
        .average()
        .orElseThrow();
  }
}
