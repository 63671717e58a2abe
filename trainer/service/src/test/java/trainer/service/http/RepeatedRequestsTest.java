package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request that is repeated under its key is answered as the first was. */
@Tag("slow")
final class RepeatedRequestsTest {
  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.open(folder);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static HttpResponse<String> send(String path, String key, String type, String body) {
    return service.send(
        service
            .request(path)
            .header("Content-Type", type)
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(body)));
  }

  private static HttpResponse<String> submit(String query, String key, String configuration) {
    return send("/api/v1/runs" + query, key, "application/yaml", configuration);
  }

  private static void repeats(HttpResponse<String> first, HttpResponse<String> again) {
    assertThat(first.statusCode()).as(first.body()).isEqualTo(201);
    assertThat(again.statusCode()).as(again.body()).isEqualTo(200);
    assertThat(again.headers().firstValue("Location"))
        .isEqualTo(first.headers().firstValue("Location"));
    assertThat(TestService.json(again).path("id")).isEqualTo(TestService.json(first).path("id"));
  }

  @Test
  void aTextThatIsGoneChangesNothing() throws Exception {
    Path text = folder.resolve("datasets/gone.txt");
    Files.writeString(text, "to be or not to be\n".repeat(100));
    String configuration = TestService.configuration(1).replace("text.txt", "gone.txt");
    HttpResponse<String> first = submit("", "gone", configuration);
    Files.delete(text);
    repeats(first, submit("", "gone", configuration));
    assertThat(submit("", "gone2", configuration).statusCode()).isEqualTo(422);
  }

  @Test
  void aChampionThatMovedChangesNothing() {
    String model = "/api/v1/models/moved";
    for (int version = 1; version <= 2; version++) {
      String id = service.submitted(version);
      service.awaitState(id, "succeeded");
      service.post(model + "/versions", "{\"run\": \"%s\"}".formatted(id));
    }
    service.post(model + "/promote", "{\"version\": 1, \"reason\": \"first\"}");
    String query = "?init_from=registry:moved@champion";
    HttpResponse<String> first = submit(query, "moved", TestService.configuration(1));
    service.post(model + "/promote", "{\"version\": 2, \"reason\": \"second\"}");
    repeats(first, submit(query, "moved", TestService.configuration(1)));
    assertThat(TestService.json(first).path("init_from").asText()).isEqualTo("moved@1");
  }

  @Test
  void anotherRequestUnderTheSameKeyIsRefused() {
    String configuration = TestService.configuration(1);
    HttpResponse<String> first = submit("?priority=1", "same", configuration);
    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(submit("?priority=2", "same", configuration).statusCode()).isEqualTo(422);
    assertThat(submit("?priority=1&name=b", "same", configuration).statusCode()).isEqualTo(422);
    assertThat(submit("?priority=1", "same", configuration + "\n").statusCode()).isEqualTo(422);
    assertThat(submit("?priority=1", "same", "not valid").statusCode()).isEqualTo(422);
    repeats(first, submit("?priority=1", "same", configuration));
    service.awaitState(TestService.json(first).path("id").asText(), "succeeded");
    repeats(first, submit("?priority=1", "same", configuration));
  }

  @Test
  void aTriggerIsRepeatedOnlyAsItWas() {
    service.post(
        "/api/v1/schedules",
        "{\"name\": \"keyed\", \"cron\": \"0 0 1 1 *\", \"configuration\": \"data: {corpus:"
            + " text.txt}\\nmodel: {layers: [{type: lstm, size: 4}]}\\n\"}");
    String path = "/api/v1/schedules/keyed/trigger";
    HttpResponse<String> first = send(path, "once", "application/json", "{\"force\": true}");
    assertThat(first.statusCode()).as(first.body()).isEqualTo(202);
    HttpResponse<String> again = send(path, "once", "application/json", "{\"force\": true}");
    assertThat(TestService.json(again).path("number"))
        .isEqualTo(TestService.json(first).path("number"));
    assertThat(send(path, "once", "application/json", "").statusCode()).isEqualTo(422);
  }
}
