package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
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

/**
 * A service is killed (SIGKILL) during trigger runs, with the process of its run or, first on
 * PostgreSQL, without: each trigger run comes to one right decision. {@code -Dservice.kills} sets
 * how often, {@code -Dservice.seed} when.
 */
@Tag("slow")
final class KilledRetrainingTest {
  private static final long SEED = Long.getLong("service.seed", 20261129);
  private static final int KILLS = Integer.getInteger("service.kills", 1);
  private static final int LATEST_KILL_MILLISECONDS = 2500; // about as long as a trigger run takes
  private static final double MARGIN = 0.01;
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private final Map<String, String> texts = new HashMap<>(); // by SHA-256
  private KillableService service;
  private int champion; // version; 0: none

  @AfterEach
  void stop() throws InterruptedException {
    if (service != null) { // there is a database
      service.close();
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
    return service.send("GET", "/schedules/s/firings?limit=1", "").at("/firings/0");
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void everyTriggerRunComesToOneRightDecision(Dialect dialect) throws Exception {
    String database =
        dialect == Dialect.SQLITE
            ? TestDatabases.sqliteWithTables(folder)
            : TestDatabases.postgresqlWithTables();
    service = new KillableService(folder, database, 1, UnigramTrainer.class);
    writeText();
    service.start();
    service.send(
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
    for (int i = 0; i <= KILLS; i++) {
      String what = "seed %d, trigger run %d".formatted(SEED, i);
      JsonNode made = service.send("POST", "/schedules/s/trigger", "{\"force\": true}");
      assertThat(made.path("number").asInt()).as(made.toString()).isEqualTo(i + 1);
      if (i < KILLS) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(LATEST_KILL_MILLISECONDS));
        service.kill((i % 2 == 0) == (dialect == Dialect.SQLITE));
        if (random.nextBoolean()) {
          writeText();
        }
        service.start();
      }
      TestService.await("outcome", () -> !newest().path("ended_at").isNull());
      check(newest(), what);
      writeText();
    }
    assertThat(service.send("GET", "/runs", "").path("runs")).as("one for each").hasSize(KILLS + 1);
    assertThat(service.send("GET", "/models/s", "").path("versions")).hasSize(KILLS + 1);
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
    assertThat(service.send("GET", "/models/s", "").at("/champion/version").asInt())
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
