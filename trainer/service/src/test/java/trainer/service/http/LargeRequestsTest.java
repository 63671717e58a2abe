package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request of up to 250 KB has a short answer, and what it repeats is not worked through. */
final class LargeRequestsTest {
  private static final int MOST_BYTES = 64 * 1024;
  private static final int MOST_MEDIANS = 12; // they take up to 6

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

  /** CPU time, which other programs do not change, of the threads that answer. */
  private static long nanoseconds() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(thread -> thread != null && thread.getThreadName().startsWith("request"))
        .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
        .sum();
  }

  private static double seconds(Supplier<HttpResponse<String>> request) {
    long before = nanoseconds();
    assertThat(request.get().statusCode()).isBetween(400, 499);
    return (nanoseconds() - before) / 1e9;
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

  /** The largest bodies of each kind, compared with each other: no time of a clock is asserted. */
  @Test
  void noHostileBodyTakesFarMoreThanTheOthers() {
    service.upload("a".repeat(100), "text");
    Map<String, String> configurations = new LinkedHashMap<>();
    configurations.put("entries", "data: {corpus: [" + repeated(80_000, "x") + "]}");
    configurations.put("files", "data: {corpus: [" + numbered(1000, "x%d,") + "]}");
    configurations.put("stars", "data: {corpus: ['" + "*a".repeat(450) + "b']}");
    configurations.put(
        "more stars", "data: {corpus: text.txt, vocabulary: '" + "*a".repeat(120_000) + "b'}");
    configurations.put("patterns", "data: {corpus: [" + numbered(20, "'many/{*a*,*%d}*b',") + "]}");
    configurations.put("braces", "data: {corpus: ['" + "{a,b}".repeat(190) + "']}");
    configurations.put("folders", "data: {corpus: ['" + "**/".repeat(300) + "b']}");
    configurations.put("deep path", "data: {corpus: '" + "many/../".repeat(30_000) + "b'}");
    configurations.put("unknown keys", numbered(25_000, "k%d: 1\n"));
    configurations.put("long key", "k".repeat(250_000) + ": 1");
    configurations.put("lists", "[".repeat(250_000));
    configurations.put("mappings", "{a: ".repeat(60_000));
    configurations.put("sequences", "- ".repeat(120_000));
    configurations.put("indented", numbered(600, "%%%d%%a:\n").replaceAll("%\\d+%", " "));
    configurations.put("layers", "model: {layers: [" + repeated(40_000, "lstm") + "]}");
    configurations.put("digits", "seed: " + "9".repeat(250_000));
    configurations.put("hexadecimal", "seed: 0x" + "f".repeat(250_000));
    configurations.put(
        "fraction", "training: {optimizer: {learning_rate: 0." + "1".repeat(250_000) + "}}");
    configurations.put("exponent", "seed: 1e" + "9".repeat(250_000));
    configurations.put("name", "name: " + "-".repeat(250_000));
    configurations.put("anchors", numbered(15_000, "a%1$d: &a%1$d x\n"));
    configurations.put("escapes", "name: \"" + "\\0".repeat(120_000) + "\"");
    configurations.put("comments", "#\n".repeat(120_000));
    Map<String, Double> taken = new LinkedHashMap<>();
    configurations.forEach((kind, body) -> taken.put(kind, least(() -> service.submit(body))));
    Map<String, String> schedules = new LinkedHashMap<>();
    schedules.put("JSON digits", "{\"margin\": " + "9".repeat(250_000) + "}");
    schedules.put("JSON fraction", "{\"margin\": 0." + "1".repeat(250_000) + "}");
    schedules.put("JSON exponent", "{\"keep\": 1e999999999}");
    schedules.put("JSON depth", "[".repeat(250_000));
    schedules.put("JSON keys", "{" + numbered(20_000, "\"k%d\":1,") + "\"x\":1}");
    schedules.put(
        "cron",
        "{\"name\": \"x\", \"configuration\": \"\", \"cron\": \""
            + "1,".repeat(90)
            + "1 * 31 2 *\"}");
    schedules.put(
        "held out",
        "{\"name\": \"x\", \"configuration\": \"data: {corpus: text.txt}\", \"cron\": \"1 * * *"
            + " *\", \"held_out\": \""
            + "*a".repeat(450)
            + "b\"}");
    schedules.forEach(
        (kind, body) -> taken.put(kind, least(() -> service.post("/api/v1/schedules", body))));
    System.out.println("CPU seconds of hostile bodies: " + taken);
    double median = taken.values().stream().sorted().skip(taken.size() / 2).findFirst().get();
    assertThat(taken)
        .allSatisfy((kind, seconds) -> assertThat(seconds / median).isLessThan(MOST_MEDIANS));
  }

  /** Of two tries, because the first may include work of the JVM itself. */
  private static double least(Supplier<HttpResponse<String>> request) {
    return Math.min(seconds(request), seconds(request));
  }
}
