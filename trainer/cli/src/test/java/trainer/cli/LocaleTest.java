package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.TrainerProcess.Result;

/**
 * Names and prompts outside ASCII in the locales that a program is started with: cron, systemd and
 * bare containers give none. In each it works, or says so with the way out.
 */
@Tag("slow")
final class LocaleTest {
  private static final String LATIN1 = "de_DE.ISO-8859-1";
  private static final String PROMPT = "l'\u00e9t\u00e9";
  private static final Pattern ADDRESS = Pattern.compile("serving on (http://[0-9.:]+)");

  @TempDir private static Path temporary;
  private static Path folder;
  private static String sample; // in UTF-8

  @BeforeAll
  static void train() throws IOException, InterruptedException {
    assumeThat(System.getProperty("sun.jnu.encoding")).isEqualTo("UTF-8");
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    Files.createDirectories(folder.resolve("texts"));
    String text = "l'\u00e9t\u00e9 \u00e0 la mer\n".repeat(500);
    Files.writeString(folder.resolve("texts/\u00e9t\u00e9.txt"), text);
    write("named.yml", "texts/\u00e9t\u00e9.txt");
    write("glob.yml", "texts/*.txt");
    try (Commands commands = new Commands(folder)) {
      for (String run : List.of("run", "\u00e9t\u00e9")) {
        Result result = commands.run("named.yml", "--output=runs/" + run);
        assertThat(result.exitCode()).as(result.err()).isZero();
      }
      sample = commands.run(sampling("--prompt=" + PROMPT)).out();
    }
    Files.writeString(folder.resolve("prompt.txt"), PROMPT);
    assertThat(sample).startsWith(PROMPT);
    new ProcessBuilder("localedef", "-i", "de_DE", "-f", "ISO-8859-1", "./" + LATIN1)
        .directory(temporary.toFile())
        .redirectErrorStream(true)
        .redirectOutput(temporary.resolve("localedef.txt").toFile())
        .start()
        .waitFor();
  }

  private static void write(String file, String corpus) throws IOException {
    String job = Files.readString(folder.resolve(SmallJob.FILE));
    Files.writeString(
        folder.resolve(file),
        job.replace("corpus.txt", corpus).replace("max_iterations: 160", "max_iterations: 4"));
  }

  private static String[] sampling(String... more) {
    return SmallJob.with(new String[] {"sample", "runs/run", "--length=60", "--seed=3"}, more);
  }

  /**
   * @param locale empty: none
   */
  private static List<String> in(String locale) {
    List<String> words = new ArrayList<>(List.of("env", "-u", "LANG", "-u", "LC_ALL"));
    if (!locale.isEmpty()) {
      words.add("LC_ALL=" + locale);
    }
    if (locale.equals(LATIN1)) {
      assumeThat(temporary.resolve(LATIN1)).as("localedef made it").isDirectory();
      words.add("LOCPATH=" + temporary);
    }
    return words;
  }

  private static Result run(String locale, String... arguments) {
    return TrainerProcess.runBy(in(locale), folder, List.of(), arguments);
  }

  private static void assertRefused(Result result, String... parts) {
    assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
    assertThat(result.error()).contains(parts).contains("'export LC_ALL=C.UTF-8'");
    assertThat(result.err()).doesNotContain("\tat ");
    assertThat(result.out()).isEmpty();
  }

  /** Of commands in one process, each with its words on lines of their own. */
  private static List<Result> inTurn(String locale, String... commands) {
    try (Commands process = new Commands(in(locale), folder, commands)) {
      return Stream.of(commands).map(command -> process.next()).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", ""})
  void withoutALocaleOtherTextsAndNamesThanGivenAreNotUsed(String locale) {
    String[] arguments = {
      String.join("\n", sampling("--prompt=" + PROMPT)),
      "sample\nruns/\u00e9t\u00e9",
      "evaluate\nruns/run\n--corpus=texts/\u00e9t\u00e9.txt",
      "train\njob.yml\n--output=runs/\u00e9",
      "job.yml\n--set=samples.prime=\u00e9",
      "config\n\u00e9.yml",
      "export\nruns/run\n--format=csv\n--output=\u00e9.csv",
      "serve\n--runs=\u00e9"
    };
    List<Result> results =
        inTurn(locale, SmallJob.with(arguments, "named.yml\n--output=runs/other"));
    Result named = results.get(arguments.length);
    results.subList(0, arguments.length).forEach(result -> assertRefused(result, "argument '"));
    assertThat(results.get(0).error()).contains("argument '--prompt=l'");
    assertRefused(named, "texts/\u00e9t\u00e9.txt' is not a path");
    assertThat(folder.resolve("runs/other")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "C, --prompt=-",
    "C, --prompt-file=prompt.txt",
    "'', --prompt-file=prompt.txt",
    LATIN1 + ", --prompt=-"
  })
  void textThatIsReadDoesNotDependOnTheLocale(String locale, String prompt) throws IOException {
    try (TrainerProcess process =
        TrainerProcess.startBy(in(locale), folder, List.of(), sampling(prompt))) {
      process.write(PROMPT).endInput();
      assertThat(process.end().out()).isEqualTo(sample);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", LATIN1})
  void aGlobFindsTheFilesThatAreThere(String locale) {
    String output = "runs/glob-" + locale;
    Result result = run(locale, "glob.yml", "--output=" + output);
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(losses(output)).isEqualTo(losses("runs/run"));
  }

  private static List<String> losses(String run) {
    return RunContents.rows(folder.resolve(run)).stream()
        .map(row -> row[4] + "," + row[5])
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"C.UTF-8", LATIN1})
  void aLocaleThatCanExpressNamesFindsThem(String locale) {
    List<Result> results =
        inTurn(
            locale,
            "sample\nruns/\u00e9t\u00e9\n--length=60\n--seed=3",
            "evaluate\nruns/run\n--corpus=texts/\u00e9t\u00e9.txt");
    assertThat(results).allSatisfy(each -> assertThat(each.exitCode()).as(each.err()).isZero());
  }

  @ParameterizedTest
  @ValueSource(strings = LATIN1)
  void inLatin1NamesAndPromptsAreLatin1(String locale) {
    List<String> typed = new ArrayList<>(in(locale));
    typed.addAll(List.of("bash", "-c", "exec \"$@\" --prompt=$'l\\'\\xe9t\\xe9'", "bash"));
    assertThat(TrainerProcess.runBy(typed, folder, List.of(), sampling()).out()).isEqualTo(sample);
    List<Result> results =
        inTurn(
            locale,
            "named.yml\n--output=runs/other",
            "glob.yml\n--set=data.corpus=\"\\u65e5.txt\"");
    assertRefused(results.get(0), "no such file", "ISO-8859-1");
    assertRefused(results.get(1), "\u65e5.txt' is not a path here");
  }

  @Test
  void aServiceGeneratesFromThePromptThatItWasSent() throws IOException, InterruptedException {
    try (TrainerProcess service =
        TrainerProcess.startBy(
            in("C"), folder, List.of(), "serve", "--port=0", "--runs=served", "--datasets=texts")) {
      service.awaitError("serving on ");
      Matcher address = ADDRESS.matcher(service.err());
      assertThat(address.find()).isTrue();
      String api = address.group(1) + "/api/v1";
      HttpResponse<String> refused =
          post(api + "/runs", "{\"data\": {\"corpus\": \"\u65e5.txt\"}}");
      assertThat(refused.statusCode()).isEqualTo(422);
      assertThat(refused.body()).contains("'export LC_ALL=C.UTF-8'");
      String job =
          "{\"name\": \"small\", \"data\": {\"corpus\": \"*.txt\"}, \"model\": {\"layers\":"
              + " [{\"type\": \"gru\", \"size\": 4}]}, \"training\": {\"max_iterations\": 2,"
              + " \"batch_size\": 2, \"sequence_length\": 8}}";
      HttpResponse<String> submitted = post(api + "/runs", job);
      assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(201);
      Matcher id = Pattern.compile("small-[0-9a-z]{8}").matcher(submitted.body());
      assertThat(id.find()).isTrue();
      String run = api + "/runs/" + id.group();
      service.await("a model", () -> get(run).contains("\"succeeded\""));
      HttpResponse<String> text =
          post(run + "/generate", "{\"prime\": \"%s\", \"length\": 5}".formatted(PROMPT));
      assertThat(text.statusCode()).as(text.body()).isEqualTo(200);
      assertThat(text.body()).startsWith(PROMPT);
      HttpResponse<String> unknown = post(run + "/generate", "{\"prime\": \"\u65e5\"}");
      assertThat(unknown.body()).contains("'\u65e5' (U+65E5), is not in the vocabulary");
    }
  }

  private static HttpResponse<String> post(String address, String json)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString(UTF_8));
  }

  private static String get(String address) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString(UTF_8)).body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
