package trainer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static trainer.spark.SparkCluster.CONFIGURATION;
import static trainer.spark.SparkCluster.found;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** trainer.jar on a standalone Spark cluster. */
@Tag("slow")
final class SparkClusterTest {
  @TempDir private Path folder;

  /** The service submits a run of two workers by a program that does what spark-submit does. */
  @Test
  void aRunOfTheServiceThatLosesAnExecutorEndsWithTheBytesOfOneMachine() throws Exception {
    try (SparkCluster cluster = new SparkCluster(folder)) {
      URI runs = serve(cluster);
      String configuration =
          Files.readString(CONFIGURATION)
                  .replace("max_iterations: 200", "max_iterations: 150\n  epochs: 1000")
              + "compute: {threads: 1, lane_groups: 2, workers: 2}\n";
      String submitted =
          send(
              HttpRequest.newBuilder(runs)
                  .header("Content-Type", "application/yaml")
                  .POST(BodyPublishers.ofString(configuration)));
      Path run = folder.resolve("runs/%s/1".formatted(found("\"id\":\"([^\"]+)", submitted)));
      SparkCluster.await(run.resolve("events.jsonl"), "\"checkpoint\"");
      cluster.executor(0).destroyForcibly();
      SparkCluster.await(run.resolve("events.jsonl"), "\"finished\"");

      assertThat(Files.readString(run.resolve("events.jsonl")))
          .contains("\"workers_lost\"", "encrypted connections");
      cluster.assertBytesOfOneMachine(150, run);
      assertThat(send(HttpRequest.newBuilder(runs))).contains("\"succeeded\"");
    }
  }

  /** Starts the service; returns the address of its runs. */
  private URI serve(SparkCluster cluster) throws Exception {
    Path submit = folder.resolve("spark-submit");
    String words = String.join("' '", cluster.command(SparkCluster.SUBMIT));
    Files.writeString(submit, "#!/bin/sh\nexec '%s' \"$@\"\n".formatted(words));
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwx------"));
    cluster.trainer(
        "service",
        List.of(
            "serve",
            "--port",
            "0",
            "--runs",
            folder.resolve("runs").toString(),
            "--datasets",
            CONFIGURATION.resolveSibling("../datasets").normalize().toString(),
            "--spark-submit",
            submit + " " + String.join(" ", cluster.submitOptions())));
    cluster.await("service", "serving on ");
    return URI.create(found("serving on (\\S+),", cluster.log("service")) + "/api/v1/runs");
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return answer.body();
  }
}
