package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code explain}, and {@code sample --interactive}, on the command line. */
final class ExplainCommandTest {
  @TempDir private static Path folder;
  private static Path run;

  @BeforeAll
  static void train() {
    SmallJob.write(folder, 4_000);
    run = folder.resolve("run");
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
  }

  private static InProcess explain(Object... arguments) {
    InProcess result = InProcess.run(strings("explain", arguments));
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
  }

  private static String[] strings(String first, Object... arguments) {
    String[] words = new String[arguments.length + 1];
    words[0] = first;
    for (int i = 0; i < arguments.length; i++) {
      words[i + 1] = arguments[i].toString();
    }
    return words;
  }

  private static JsonNode json(String line) throws IOException {
    return new ObjectMapper().readTree(line);
  }

  @Test
  void theJsonAgreesWithEvaluate() throws IOException {
    Path text = Files.writeString(folder.resolve("sea.txt"), SmallJob.text(9_000, 3) + "Ünd möre");
    JsonNode evaluated =
        json(
            InProcess.run(
                    "evaluate", run.toString(), "--corpus=" + text, "--unknown=replace", "--json")
                .out());

    InProcess explained = explain(run, "--file=" + text, "--unknown=replace", "--json");

    JsonNode found = json(explained.out());
    assertThat(explained.out().lines()).hasSize(1);
    assertThat(found.get("nats_per_character")).isEqualTo(evaluated.get("nats_per_character"));
    assertThat(found.get("unknown_characters").asInt()).isEqualTo(2);
    assertThat(found.has("units")).isFalse();
    JsonNode asked =
        json(explain(run, "--text=the sea", "--json", "--units", "--gates", "--lag").out());
    assertThat(asked.get("units")).hasSize(16 + 12 + 12);
    assertThat(asked.get("gates")).hasSize(2 + 3);
    assertThat(asked.at("/lag/layers")).hasSize(2);
  }

  @Test
  void aSummaryAndAPageAreMadeOfARunAndItsCheckpoints() throws IOException {
    Path page = folder.resolve("report.html");

    InProcess explained = explain(run, "--over-time", "--output=" + page);

    assertThat(explained.out())
        .contains("best.zip, iteration ", "first 401 characters of the validation text:")
        .contains("  surprise   ", "  gate       layer 0, reset: nearly open ", "  memory     ")
        .contains("over time:\n          4  ", "\n          8  ");
    assertThat(explained.err()).contains(page.toString());
    assertThat(Files.readString(page)).contains("id=\"written-slider\"", "<section id=\"time\">");
    InProcess compared =
        explain(
            run.resolve("checkpoints/4.zip"),
            run.resolve("checkpoints/8.zip"),
            "--text=the sea and",
            "--json");
    List<String> lines = compared.out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(json(lines.get(1)).get("iteration").asInt()).isEqualTo(8);
  }

  @Test
  void runsAreComparedInOnePicture() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.copy(run.resolve("latest.zip"), other.resolve("latest.zip"));
    Path picture = folder.resolve("lag.svg");

    InProcess compared = explain(run, other, "--text=the sea and", "--output=" + picture);

    assertThat(compared.out()).contains(other.resolve("latest.zip") + ":\n  surprise ");
    assertThat(Files.readString(picture)).startsWith("<svg ").contains("Graves LSTM, cell");
  }

  @Test
  void theTextMayComeFromStandardInput() throws IOException {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("the sea\r\nand".getBytes(UTF_8)));
    try {
      JsonNode found = json(explain(run, "--text=-", "--json").out());
      assertThat(found.get("characters")).hasSize(11);
      assertThat(found.at("/characters/7/character").asText()).isEqualTo("\n");
    } finally {
      System.setIn(before);
    }
  }

  /** An unknown character is refused, and the conversation goes on. */
  @Test
  void aPersonAndTheNetworkWriteInTurn() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("the sea\n\n☃\nand\n".getBytes(UTF_8)));
    try {
      InProcess result =
          InProcess.run(
              strings("sample", run, "--interactive", "--surprise", "--length=20", "--seed=1"));

      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.err()).contains("'☃' (U+2603), is not in the vocabulary");
      assertThat(result.out()).startsWith("t").contains("\033[48;5;").contains("\033[0m\n");
      String plain = result.out().replaceAll("\033\\[[0-9;]*m", "");
      assertThat(plain).startsWith("the sea\n").contains("\nand\n");
      assertThat(plain).hasSize("the sea\nand\n".length() + 3 * 21);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void optionsOfAConversationNeedOne() {
    InProcess coloured = InProcess.run(strings("sample", run, "--surprise"));
    InProcess input = InProcess.run(strings("sample", run, "--interactive", "--prompt", "-"));

    assertThat(coloured.exitCode()).isEqualTo(2);
    assertThat(coloured.err())
        .startsWith("error: --surprise: colours what a person writes: add --interactive\n");
    assertThat(input.exitCode()).isEqualTo(2);
    assertThat(input.err())
        .startsWith("error: --prompt -: a conversation reads standard input itself");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --output=report.pdf       | --output report.pdf: must end with .html
          --text=a --file=b         | --text=TEXT, --file=FILE are mutually exclusive
          --text=☃☃                 | character 1 of the text, '☃' (U+2603), is not in the vocabulary
          --file=missing.txt        | missing.txt: cannot be read
          """)
  void whatIsWrongIsSaid(String options, String message) {
    InProcess refused =
        InProcess.run(strings("explain", (Object[]) (run + " " + options).split(" ", -1)));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).startsWith("error: ").contains(message);
  }
}
