package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;

/** A service that is stopped and started again. */
@Tag("slow")
final class DrainTest {
  @TempDir private Path folder;

  @Test
  void aStoppedServiceGivesItsRunsBackAndTheNextGoesOn() throws InterruptedException {
    TestService first = TestService.open(folder);
    Thread stop = new Thread(first::close);
    String id = first.submitted(TestService.configuration(4_000) + "  sequence_length: 3000\n");
    first.awaitState(id, "running");
    TestService.await(
        "rows", () -> first.json("/api/v1/runs/" + id + "/metrics").path("rows").size() > 5);
    stop.start();
    TestService.await("the end coming", () -> first.get("/readyz").statusCode() == 503);

    HttpResponse<String> late = first.submit(TestService.configuration(1));
    assertThat(late.statusCode()).isEqualTo(503);
    assertThat(late.headers().firstValue("Retry-After")).isPresent();
    assertThat(first.get("/healthz").statusCode()).isEqualTo(200);
    stop.join();
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      Run run = new Runs(database).find(id).orElseThrow();
      assertThat(run.state()).isEqualTo(RunState.QUEUED);
      assertThat(run.failures()).isZero();
    }
    try (TestService second = TestService.open(folder)) {
      second.awaitState(id, "running");
      JsonNode run = second.json("/api/v1/runs/" + id);
      assertThat(run.path("attempt").asInt()).isEqualTo(2);
      TestService.await(
          "going on",
          () -> second.json("/api/v1/runs/" + id).at("/progress/iteration").asInt() > 5);
      second.post("/api/v1/runs/" + id + "/cancel", "");
      second.awaitState(id, "cancelled");
    }
  }
}
