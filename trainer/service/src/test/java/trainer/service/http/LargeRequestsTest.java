package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request of up to 250 KB has a short answer, and what it repeats is not worked through. */
final class LargeRequestsTest {
  private static final int MOST_BYTES = 64 * 1024;

  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() throws IOException {
    service = TestService.open(folder);
    Path many = Files.createDirectory(folder.resolve("datasets/many"));
    for (int i = 0; i < 300; i++) {
      Files.writeString(many.resolve(i + ".txt"), "text\n");
    }
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static String repeated(int number, String entry) {
    return String.join(",", Collections.nCopies(number, entry));
  }

  private static String numbered(int number, String format) {
    return IntStream.range(0, number).mapToObj(format::formatted).collect(Collectors.joining());
  }

  private static String refused(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body().length()).isLessThan(MOST_BYTES);
    return TestService.json(answer).path("detail").asText();
  }

  @Test
  void aCorpusOfManyEntries() {
    assertThat(refused(service.submit("data: {corpus: [" + repeated(60_000, "x") + "]}"), 422))
        .contains("data.corpus: must have at most 10,000 entries, not 60,000");
    assertThat(refused(service.submit("data: {corpus: [" + repeated(9_000, "x") + "]}"), 422))
        .contains("data.corpus: has 9,000 entries, and may have 1,000", "'x' is given twice")
        .contains("more problems")
        .doesNotContain("dataset folders"); // the disk was not asked
    assertThat(refused(service.submit("data: {corpus: [" + numbered(900, "x%d,") + "]}"), 422))
        .contains("'x0' is not a file", "and 8")
        .contains("more problems");
  }

  @Test
  void manyPatterns() {
    String patterns = numbered(1000, "'many/*%d',");
    assertThat(refused(service.submit("data: {corpus: [" + patterns + "]}"), 422))
        .contains("has 1,000 patterns, and may have 20")
        .doesNotContain("dataset folders");
  }

  @Test
  void manyWrongKeysLayersAndDigits() {
    assertThat(refused(service.submit(numbered(25_000, "k%d: 1\n")), 422))
        .contains("k0: unknown key", "more problems");
    assertThat(refused(service.submit("model: {layers: [" + repeated(40_000, "lstm") + "]}"), 422))
        .contains("model.layers: must have at most 100 entries, not 40,000");
    assertThat(refused(service.submit("seed: " + "9".repeat(250_000)), 422))
        .contains("seed: must be at most 9223372036854775807, not 9999");
    assertThat(refused(service.submit("seed: 0x" + "f".repeat(250_000)), 422))
        .contains("seed: must be at most");
    assertThat(refused(service.submit("? \"" + "\\0".repeat(120_000) + "\"\n: 1"), 422))
        .contains("unknown key");
    assertThat(refused(service.submit("a: *" + "a".repeat(250_000)), 422)).contains("alias");
  }

  @Test
  void aBodyOfJsonWithALongKey() {
    String body = "{\"" + "k".repeat(15_000) + "\": 1}";
    assertThat(refused(service.post("/api/v1/webhooks", body), 422)).contains("unknown key");
    String large = "{\"" + "k".repeat(250_000) + "\": 1}";
    refused(service.post("/api/v1/schedules", large), 400);
    refused(service.post("/api/v1/webhooks", large), 413);
  }
}
