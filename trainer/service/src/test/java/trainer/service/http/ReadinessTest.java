package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.disk.MountedDisk;
import trainer.disk.MountedDisk.Shortage;
import trainer.service.database.TestDatabases;

/**
 * Probes: {@code /readyz} says whether writes are possible, {@code /healthz} only that it lives.
 */
@Tag("slow")
final class ReadinessTest {
  private static final int PROBES = 50;
  private static final int MEBIBYTES = 16;
  private static final int MEBIBYTES_OF_BTRFS = 64;
  private static final int SUBMISSIONS = 5;

  @TempDir private Path folder;

  /** Needs root on Linux. */
  @ParameterizedTest
  @ValueSource(strings = {"ext4", "btrfs"}) // btrfs ends a process that writes to a mapped file
  void aServiceOnAFullDiskIsNotReadyAndLosesNothing(String type) throws Exception {
    try (MountedDisk disk =
            type.equals("ext4")
                ? MountedDisk.ext4(folder, MEBIBYTES)
                : MountedDisk.btrfs(folder, MEBIBYTES_OF_BTRFS);
        TestService service = TestService.open(disk.path().resolve("service"))) {
      Set<String> accepted = new HashSet<>();
      accepted.add(service.submitted(1));
      disk.fill(Shortage.BYTES);
      TestService.await("no writes", () -> service.get("/readyz").statusCode() == 503);
      for (int i = 0; i < SUBMISSIONS; i++) {
        HttpResponse<String> answer = service.submit(TestService.configuration(1));
        assertThat(answer.statusCode()).isIn(201, 503);
        if (answer.statusCode() == 201) {
          accepted.add(TestService.json(answer).path("id").asText());
        }
      }
      HttpResponse<String> upload = service.upload("large.txt", "x".repeat(50_000));
      assertThat(upload.statusCode()).as(upload.body()).isEqualTo(503);
      assertThat(upload.body()).contains("No space left on device");
      assertThat(disk.path().resolve("service/datasets")).isDirectoryNotContaining("glob:**/.*");
      assertThat(service.get("/healthz").statusCode()).isEqualTo(200);
      disk.free();
      TestService.await("writes", () -> service.get("/readyz").statusCode() == 200);
      accepted.add(service.submitted(1));
      assertThat(service.json("/api/v1/runs").path("runs").findValuesAsText("id"))
          .containsExactlyInAnyOrderElementsOf(accepted);
    }
  }

  /** The disk is full from the training on; needs root on Linux. */
  @Test
  void aFullDiskStopsNoSchedule() throws Exception {
    String path = "/api/v1/schedules";
    String plan =
        new JsonMapper()
            .createObjectNode()
            .put("name", "s")
            .put("cron", "0 0 1 1 *")
            .put("held_out", "text.txt")
            .put("configuration", TestService.configuration(8))
            .toString();
    try (MountedDisk disk = MountedDisk.ext4(folder, MEBIBYTES);
        TestService service = TestService.open(disk.path().resolve("service"))) {
      assertThat(service.post(path, plan).statusCode()).isEqualTo(201);
      assertThat(service.post(path + "/s/trigger", "").statusCode()).isEqualTo(202);
      String newest = path + "/s/firings?limit=1";
      TestService.await(
          "training",
          () -> service.json(newest).at("/firings/0/state").asText().equals("training"));
      disk.fill(Shortage.BYTES);
      TestService.await("no writes", () -> service.get("/readyz").statusCode() == 503);
      assertThat(service.post(path + "/s/trigger", "").statusCode()).isIn(409, 503);
      TimeUnit.SECONDS.sleep(1); // the run ends
      disk.free();
      for (String next : List.of("", "{\"force\": true}")) {
        if (!next.isEmpty()) {
          assertThat(service.post(path + "/s/trigger", next).statusCode()).isEqualTo(202);
        }
        TestService.await(
            "outcome", () -> !service.json(newest).at("/firings/0/ended_at").isNull());
        assertThat(service.json(newest).at("/firings/0/reason").asText()).isNotEmpty();
      }
      assertThat(service.json("/api/v1/models/s").at("/champion/version").asInt()).isPositive();
    }
  }

  @Test
  void aServiceThatCannotWriteIsNotReady() throws Exception {
    try (TestService service = TestService.open(folder);
        Connection other = DriverManager.getConnection(TestDatabases.sqlite(folder));
        Statement statement = other.createStatement()) {
      assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
      statement.execute("BEGIN IMMEDIATE");
      TestService.await("no writes", () -> service.get("/readyz").statusCode() == 503);
      List<CompletableFuture<Integer>> probes =
          IntStream.range(0, PROBES)
              .mapToObj(
                  i -> CompletableFuture.supplyAsync(() -> service.get("/readyz").statusCode()))
              .toList();
      for (CompletableFuture<Integer> probe : probes) {
        assertThat(probe.get(Duration.ofSeconds(60).toSeconds(), TimeUnit.SECONDS)).isEqualTo(503);
      }
      assertThat(service.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(service.get("/api/v1/runs").statusCode()).as("reads go on").isEqualTo(200);
      statement.execute("ROLLBACK");
      TestService.await("writes", () -> service.get("/readyz").statusCode() == 200);
    }
  }
}
