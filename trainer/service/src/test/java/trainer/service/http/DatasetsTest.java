package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads over HTTP. */
@Tag("slow")
final class DatasetsTest {
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

  @Test
  void aTextIsUploadedAndTrainedOn() throws IOException {
    String poem = TestService.configuration(1).replace("text.txt", "poem.txt");
    HttpResponse<String> missing = service.submit(poem);
    assertThat(missing.statusCode()).isEqualTo(422);
    assertThat(TestService.json(missing).path("detail").asText())
        .contains("'poem.txt' is not a file of the service's dataset folders")
        .contains("'texts upload FILE'")
        .contains("PUT /api/v1/datasets/NAME");
    String text = "ärger\n".repeat(200);
    String sha256 = "2f5a";
    HttpResponse<String> wrong = service.upload("poem.txt?sha256=" + "0".repeat(64), text);
    assertThat(wrong.statusCode()).isEqualTo(422);
    assertThat(TestService.json(wrong).path("detail").asText()).contains("the upload has SHA-256");
    assertThat(service.upload("poem.txt?sha256=" + sha256, text).statusCode()).isEqualTo(422);
    HttpResponse<String> created = service.upload("poem.txt", text);
    assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
    JsonNode answer = TestService.json(created);
    assertThat(answer.path("bytes").asInt()).isEqualTo(1400);
    String right = answer.path("sha256").asText();
    assertThat(service.upload("poem.txt?sha256=" + right, text).statusCode()).isEqualTo(409);
    assertThat(service.upload("poem.txt?replace=true&sha256=" + right, text).statusCode())
        .isEqualTo(200);
    Path datasets = folder.resolve("datasets");
    assertThat(datasets.resolve("poem.txt")).hasContent(text);
    assertThat(service.json("/api/v1/datasets").findValuesAsText("name")).contains("poem.txt");
    String id = service.submitted(poem);
    service.awaitState(id, "succeeded");
    assertThat(datasets.toFile().list()).allMatch(name -> !name.startsWith("."));
  }

  /** As in the project's own folder. */
  @Test
  void aFolderMayDescribeItsTexts() throws IOException {
    Path datasets = folder.resolve("datasets");
    Files.writeString(datasets.resolve("README.md"), "# Texts\n");
    Files.writeString(datasets.resolve("text.yml"), "name: text\n");
    assertThat(service.json("/api/v1/datasets").findValuesAsText("name"))
        .contains("text.txt")
        .doesNotContain("README.md", "text.yml");
  }

  /** Java would give such a name another one, under which there is no file. */
  @Test
  void aNameThatTheLocaleCannotExpressIsCountedAndNotListed() throws Exception {
    new ProcessBuilder("bash", "-c", "touch \"$0\"/$'bad\\377.txt'", folder + "/datasets")
        .inheritIO()
        .start()
        .waitFor();
    JsonNode listed = service.json("/api/v1/datasets");
    assertThat(listed.findValuesAsText("name")).noneMatch(name -> name.contains("\uFFFD"));
    assertThat(listed.path("unlisted").asInt()).isEqualTo(1);
  }

  @Test
  void whatIsNoTextOfTheFolderIsNotTaken() throws IOException {
    for (String name : List.of(".hidden", "..%2fx", "%2e%2e", "a%5cb", "x".repeat(101), "a%00")) {
      assertThat(service.upload(name, "x").statusCode()).as(name).isIn(400, 404, 422);
    }
    assertThat(service.upload("empty.txt", "").statusCode()).isEqualTo(422);
    String large = "x".repeat(TestService.UPLOAD_BYTES + 1);
    assertThat(service.upload("large.txt", large).statusCode()).isEqualTo(413);
    HttpResponse<String> chunked =
        service.send(
            service
                .request("/api/v1/datasets/large.txt")
                .PUT(BodyPublishers.fromPublisher(BodyPublishers.ofString(large))));
    assertThat(chunked.statusCode()).isEqualTo(413);
    Path datasets = folder.resolve("datasets");
    Path outside = Files.writeString(folder.resolve("outside"), "untouched");
    Files.createSymbolicLink(datasets.resolve("link.txt"), outside);
    assertThat(service.upload("link.txt?replace=true", "x").statusCode()).isEqualTo(409);
    assertThat(outside).hasContent("untouched");
    Files.delete(datasets.resolve("link.txt"));
    assertThat(datasets.toFile().list()).allMatch(name -> !name.startsWith("."));
  }

  private static int delete(String name) {
    return service.send(service.request("/api/v1/datasets/" + name).DELETE()).statusCode();
  }

  @Test
  void aTextIsDeletedAndNothingElse() throws IOException {
    Path datasets = folder.resolve("datasets");
    service.upload("old.txt", "text");
    Files.writeString(datasets.resolve("-a copy.txt"), "text"); // not uploaded
    Files.createDirectory(datasets.resolve("folder"));
    Path outside = Files.writeString(folder.resolve("other"), "untouched");
    Files.writeString(datasets.resolve(".hidden"), "untouched");
    Files.createSymbolicLink(datasets.resolve("away.txt"), outside);

    assertThat(delete("old.txt")).isEqualTo(204);
    assertThat(delete("-a%20copy.txt")).isEqualTo(204);
    assertThat(datasets.toFile().list()).doesNotContain("old.txt", "-a copy.txt");
    for (String name :
        List.of("old.txt", "folder", "away.txt", ".hidden", "..%2fother", "%2e%2e", "a%00")) {
      assertThat(delete(name)).as(name).isIn(400, 404);
    }
    assertThat(outside).hasContent("untouched");
    assertThat(datasets.toFile().list()).contains("folder", "away.txt", ".hidden");
    Files.delete(datasets.resolve("away.txt"));
    Files.delete(datasets.resolve(".hidden"));
  }

  @Test
  void aTextThatDoesNotComeWholeLeavesNothing() {
    String cut =
        service.rawWithin(
            "PUT /api/v1/datasets/cut.txt HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Content-Length: 100\r\n\r\n"
                + "ten",
            200);
    assertThat(cut).isEmpty();
    Path datasets = folder.resolve("datasets");
    TestService.await(
        "clean folder",
        () ->
            List.of(datasets.toFile().list()).stream()
                .noneMatch(name -> name.startsWith(".") || name.equals("cut.txt")));
  }
}
