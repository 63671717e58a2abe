package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.TestDatabases;

/**
 * Probes: {@code /readyz} says whether writes are possible, {@code /healthz} only that it lives.
 */
@Tag("slow")
final class ReadinessTest {
  private static final int PROBES = 50;

  @TempDir private Path folder;

  @Test
  void aServiceThatCannotWriteIsNotReady() throws Exception {
    try (TestService service = TestService.open(folder);
        Connection other = DriverManager.getConnection(TestDatabases.sqlite(folder));
        Statement statement = other.createStatement()) {
      assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
      statement.execute("BEGIN IMMEDIATE"); // as a backup or sqlite3 does
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
