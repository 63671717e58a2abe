package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts that a submitted configuration may not name. */
@Tag("slow")
final class RefusedTextsTest {
  @TempDir private Path folder;

  @Test
  void whatCanNeverTrainIsRefusedWhenItIsSubmitted() throws IOException {
    Path datasets = folder.resolve("datasets");
    try (TestService service = TestService.open(folder)) {
      Path half = Files.writeString(datasets.resolve(".upload-0"), "half a text\n");
      String configuration = TestService.configuration(1);
      for (String corpus : List.of(".upload-0", "'.upload-*'", "'.*'")) {
        assertRefused(service, configuration.replace("text.txt", corpus), "names begin with '.'");
      }
      Files.delete(half);
      for (String vocabulary : List.of("'t*'", "'*'", "'**'")) {
        assertRefused(
            service,
            configuration.replace("text.txt}", "text.txt, vocabulary: " + vocabulary + "}"),
            "a vocabulary is one file, not a pattern");
      }
      Files.write(datasets.resolve("text.gz"), new byte[] {0x1F, (byte) 0x8B, 8, 0});
      assertRefused(
          service, configuration.replace("text.txt", "text.gz"), "a gzip file, not a text");
      assertRefused(
          service,
          configuration + "\ncompute: {workers: 4}\n",
          "compute.workers: must be 1: this service has no cluster");
      assertRefused(
          service,
          configuration + "\ncompute: {gpus: 2}\n",
          "compute.gpus: must be at most 1: this service has no more GPUs");
      for (String gpus : List.of("[1]", "[0, 1]")) {
        assertRefused(
            service,
            configuration + "\ncompute: {gpus: %s}\n".formatted(gpus),
            "the service chooses the GPUs");
      }
      assertRefused(
          service,
          configuration + "\nmlflow: {tracking_uri: 'http://169.254.169.254/'}\n",
          "mlflow.tracking_uri: must be null");
    }
  }

  /** To open a FIFO waits for ever. */
  @Test
  void aPipeIsNotRead() throws Exception {
    Path datasets = folder.resolve("datasets");
    try (TestService service = TestService.open(folder)) {
      pipe(datasets.resolve("pipe.txt"));
      String configuration = TestService.configuration(1);
      for (String corpus : List.of("pipe.txt", "'pipe*'", "'*.txt'")) {
        assertRefused(
            service, configuration.replace("text.txt", corpus), "is not a file of the service's");
      }
      assertRefused(
          service,
          configuration.replace("text.txt}", "text.txt, vocabulary: pipe.txt}"),
          "is not a file of the service's");
      assertThat(service.upload("pipe.txt?replace=true", "a text").statusCode()).isEqualTo(409);
      assertThat(service.json("/api/v1/datasets").findValuesAsText("name"))
          .containsExactly("text.txt");

      Path heldOut = Files.copy(datasets.resolve("text.txt"), datasets.resolve("held-out.txt"));
      String schedules = "/api/v1/schedules";
      String plan =
          JsonNodeFactory.instance
              .objectNode()
              .put("name", "s")
              .put("cron", "0 0 1 1 *")
              .put("held_out", "held-out.txt")
              .put("configuration", configuration)
              .toString();
      assertThat(service.post(schedules, plan).statusCode()).isEqualTo(201);
      for (Path text : List.of(heldOut, datasets.resolve("text.txt"))) {
        Files.delete(text);
        pipe(text);
        service.post(schedules + "/s/trigger", "{\"force\": true}");
        String newest = schedules + "/s/firings?limit=1";
        TestService.await(
            "outcome", () -> !service.json(newest).at("/firings/0/ended_at").isNull());
        assertThat(service.json(newest).at("/firings/0/reason").asText())
            .contains("'%s' is not a file of the service's".formatted(text.getFileName()));
      }
    }
  }

  private static void pipe(Path path) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor()).isZero();
  }

  private static void assertRefused(TestService service, String configuration, String why) {
    HttpResponse<String> answer = service.submit(configuration);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(TestService.json(answer).path("detail").asText()).contains(why);
  }
}
