package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.TestDatabases;
import trainer.service.worker.StandInWorker;

/**
 * A service with two slots is killed (SIGKILL) during a sweep with successive halving, with the
 * processes of its runs or without: the table is that of a sweep that was never interrupted. {@code
 * -Dservice.trials=30} sets the number of trials, {@code -Dservice.kills} how often, {@code
 * -Dservice.seed} when, {@code -Dservice.postgresql=true} the database.
 */
@Tag("slow")
final class KilledSweepTest {
  private static final long SEED = Long.getLong("service.seed", 20261129);
  private static final int TRIALS = Integer.getInteger("service.trials", 3);
  private static final int KILLS = Integer.getInteger("service.kills", 2);
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private KillableService service;

  @AfterEach
  void stop() throws InterruptedException {
    service.close();
  }

  private String submitted() {
    ObjectNode body = JSON.createObjectNode().put("halving", 2);
    body.put("configuration", TestService.configuration(20));
    body.withArray("vary")
        .add(
            IntStream.rangeClosed(1, TRIALS)
                .mapToObj(trial -> Integer.toString(1 + trial * 37 % 101))
                .collect(Collectors.joining(",", "seed=", "")));
    JsonNode answer = service.send("POST", "/sweeps", body.toString());
    assertThat(answer.path("state").asText()).as(answer.toString()).isEqualTo("running");
    return answer.path("id").asText();
  }

  /** What the sweep found, without the ids of its runs. */
  private List<String> table(String id) {
    TestService.await(
        "end", () -> !service.send("GET", "/sweeps/" + id, "").path("ended_at").isNull());
    List<String> rows = new ArrayList<>();
    service
        .send("GET", "/sweeps/" + id, "")
        .path("table")
        .forEach(row -> rows.add(((ObjectNode) row).without("run").toString()));
    return rows;
  }

  @Test
  void theTableIsThatOfASweepWithoutAKill() throws Exception {
    String database =
        Boolean.getBoolean("service.postgresql")
            ? TestDatabases.postgresqlWithTables()
            : TestDatabases.sqliteWithTables(folder);
    service = new KillableService(folder, database, 2, StandInWorker.TRAINER);
    Files.writeString(folder.resolve("datasets/text.txt"), "to be or not to be\n");
    service.start();
    String killed = submitted();
    for (int i = 0; i < KILLS; i++) {
      TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(1500));
      service.kill(i % 2 == 0);
      service.start();
    }
    List<String> found = table(killed);
    assertThat(found).as("seed %d", SEED).hasSize(TRIALS).isEqualTo(table(submitted()));
    assertThat(found.get(0)).contains("\"state\":\"finished\"", "\"iterations\":20");
  }
}
