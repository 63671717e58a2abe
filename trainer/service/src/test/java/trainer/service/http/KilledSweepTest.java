package trainer.service.http;

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
 * -Dservice.seed} when.
 */
@Tag("slow")
final class KilledSweepTest {
  private static final long SEED = Long.getLong("service.seed", 20261129);
  private static final int TRIALS = Integer.getInteger("service.trials", 3);
  private static final int KILLS = Integer.getInteger("service.kills", 2);
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private final HttpClient client = HttpClient.newHttpClient();
  private Process process;
  private String address;

  private void start() throws IOException {
    List<String> command = new ArrayList<>(StandInWorker.java(StandInService.class));
    command.addAll(
        List.of(
            folder.toString(),
            TestDatabases.sqlite(folder),
            "2",
            "trainer.service.worker.StandInTrainer"));
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

  private String submitted() {
    ObjectNode body = JSON.createObjectNode().put("halving", 2);
    body.put("configuration", TestService.configuration(20));
    body.withArray("vary")
        .add(
            IntStream.rangeClosed(1, TRIALS)
                .mapToObj(trial -> Integer.toString(1 + trial * 37 % 101))
                .collect(Collectors.joining(",", "seed=", "")));
    JsonNode answer = send("POST", "/sweeps", body.toString());
    assertThat(answer.path("state").asText()).as(answer.toString()).isEqualTo("running");
    return answer.path("id").asText();
  }

  /** What the sweep found, without the ids of its runs. */
  private List<String> table(String id) {
    TestService.await("end", () -> !send("GET", "/sweeps/" + id, "").path("ended_at").isNull());
    List<String> rows = new ArrayList<>();
    send("GET", "/sweeps/" + id, "")
        .path("table")
        .forEach(row -> rows.add(((ObjectNode) row).without("run").toString()));
    return rows;
  }

  @Test
  void theTableIsThatOfASweepWithoutAKill() throws Exception {
    Files.createDirectory(folder.resolve("datasets"));
    Files.writeString(folder.resolve("datasets/text.txt"), "to be or not to be\n");
    start();
    String killed = submitted();
    for (int i = 0; i < KILLS; i++) {
      TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(1500));
      if (i % 2 == 0) {
        kill();
      } else { // its runs end by themselves
        process.destroyForcibly().waitFor();
      }
      start();
    }
    List<String> found = table(killed);
    assertThat(found).as("seed %d", SEED).hasSize(TRIALS).isEqualTo(table(submitted()));
    assertThat(found.get(0)).contains("\"state\":\"finished\"", "\"iterations\":20");
  }
}
