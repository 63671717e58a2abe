package trainer.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.insight.ExplanationJob.Part;
import trainer.job.EvaluationJob;
import trainer.job.EvaluationResult;
import trainer.job.TrainingJob;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** What is said of a run, and what of it is written as JSON and as a page. */
final class ExplanationJobTest {
  private static final String LINE = "from fairest creatures we desire increase\n";

  @TempDir private static Path folder;
  private static Configuration configuration;
  private static SavedNetwork run;

  @BeforeAll
  static void train() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), LINE.repeat(40));
    Configuration defaults = Configuration.of("small", text);
    configuration =
        defaults
            .with(
                new Model(
                    List.of(
                        new Layer(CellType.GRAVES_LSTM, 6, 0.1), new Layer(CellType.GRU, 5, 0.0)),
                    1.0,
                    new Initializer.Xavier()))
            .with(defaults.training().withBatches(2, 10).withIterations(60))
            .with(new Compute(EngineType.CPU, 1, 0, Precision.FLOAT32));
    new TrainingJob(configuration, folder.resolve("run")).run();
    run = SavedNetwork.open(folder.resolve("run"));
  }

  private static SavedNetwork on(EngineType engine) {
    return new SavedNetwork(
        run.file(),
        run.checkpoint(),
        configuration.with(new Compute(engine, 1, 0, Precision.FLOAT32)),
        run.vocabulary());
  }

  private static Explanation explain(ExplanationJob job) {
    return job.run().orElseThrow();
  }

  private static JsonNode json(Explanation found) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExplanationJson.write(found, out);
    return new ObjectMapper().readTree(out.toByteArray());
  }

  /** In one lane and in several, with characters outside the vocabulary. */
  @ParameterizedTest
  @ValueSource(ints = {1, 300})
  void theSurpriseAddsUpToTheEvaluation(int repetitions) throws IOException {
    String text = "we desire \u0432\u0441\u0435 fairest creatures\r\n".repeat(repetitions);
    Path file = Files.writeString(folder.resolve("other.txt"), text);
    List<EngineType> engines = // the reference is slow
        repetitions == 1 ? List.of(EngineType.CPU, EngineType.ND4J) : List.of(EngineType.CPU);
    for (EngineType engine : engines) {
      SavedNetwork saved = on(engine);
      EvaluationResult expected =
          new EvaluationJob(saved)
              .corpus(file.toString())
              .unknown(UnknownCharacters.REPLACE)
              .run()
              .orElseThrow();

      Explanation read =
          explain(new ExplanationJob(saved).file(file).unknown(UnknownCharacters.REPLACE));
      Explanation typed =
          explain(new ExplanationJob(saved).text(text).unknown(UnknownCharacters.REPLACE));

      assertThat(read.surprise().score()).isEqualTo(expected.score());
      assertThat(read.natsPerCharacter()).isEqualTo(expected.score().loss());
      assertThat(typed.surprise().score()).isEqualTo(expected.score());
      double sum = Arrays.stream(read.surprise().nats()).skip(1).sum();
      assertThat(sum)
          .isCloseTo(
              expected.score().nats(),
              within(read.text().length * Math.ulp(expected.score().nats())));
      assertThat(read.surprise().nats()[0]).isNaN();
      assertThat(read.surprise().nats()[10]).isEqualTo(Vocabulary.UNKNOWN_NATS);
      assertThat(read.unknown().count()).isEqualTo(3L * repetitions);
      assertThat(read.character(10)).isEqualTo("\u0432");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EngineType.class,
      names = {"CPU", "ND4J"})
  void theAlternativesAreTheMostProbableCharacters(EngineType engine) {
    SavedNetwork saved = on(engine);
    String text = "we desire increase";
    Explanation found = explain(new ExplanationJob(saved).text(text));
    int[] indices = saved.vocabulary().encode(text);
    try (Inference network = saved.inference();
        Engine.Session session = network.session(1)) {
      assertThat(found.surprise().alternatives().get(0)).isEmpty();
      for (int i = 1; i < indices.length; i++) {
        float[] expected = session.next(new int[] {indices[i - 1]}).clone();
        assertThat(found.surprise().nats()[i]).isCloseTo(-expected[indices[i]], within(1e-5));
        List<Surprise.Alternative> likeliest = found.surprise().alternatives().get(i);
        assertThat(likeliest).hasSize(5);
        float[] sorted = expected.clone();
        Arrays.sort(sorted);
        for (int rank = 0; rank < 5; rank++) {
          double probability = likeliest.get(rank).probability();
          assertThat(probability)
              .isCloseTo(Math.exp(sorted[sorted.length - 1 - rank]), within(1e-5))
              .isCloseTo(Math.exp(expected[likeliest.get(rank).character()]), within(1e-5));
        }
      }
    }
  }

  @Test
  void theJsonHasWhatWasAskedFor() throws IOException {
    JsonNode plain = json(explain(new ExplanationJob(run).text("we desire")));

    List<String> fields = new ArrayList<>();
    plain.fieldNames().forEachRemaining(fields::add);
    assertThat(fields)
        .containsExactly(
            "checkpoint",
            "iteration",
            "text",
            "characters",
            "nats_per_character",
            "unknown_characters");
    assertThat(plain.get("characters")).hasSize(9);
    JsonNode first = plain.get("characters").get(0);
    assertThat(first.get("character").asText()).isEqualTo("w");
    assertThat(first.has("nats")).isFalse();
    assertThat(first.get("alternatives")).isEmpty();
    double sum = 0;
    for (JsonNode character : plain.get("characters")) {
      sum += character.path("nats").asDouble();
      for (JsonNode alternative : character.get("alternatives")) {
        assertThat(alternative.get("character").asText()).hasSize(1);
        assertThat(alternative.get("probability").asDouble()).isBetween(0.0, 1.0);
      }
    }
    assertThat(sum / 8).isCloseTo(plain.get("nats_per_character").asDouble(), within(1e-12));

    Explanation found =
        explain(new ExplanationJob(run).text(LINE).parts(EnumSet.allOf(Part.class)));
    JsonNode full = json(found);
    assertThat(full.get("units")).hasSize(6 + 6 + 5);
    assertThat(full.get("units").get(0).get("values")).hasSize(LINE.length());
    assertThat(full.get("gates")).hasSize(3 + 2);
    assertThat(full.at("/gates/0/gate").asText()).isEqualTo("forget");
    assertThat(full.at("/gates/0/peephole").asDouble()).isPositive();
    assertThat(full.at("/gates/0/units")).hasSize(6);
    assertThat(full.get("gates").get(3).has("peephole")).isFalse();
    assertThat(full.at("/lag/layers/0/hidden")).hasSize(LINE.length() / 2);
    assertThat(full.at("/lag/layers/0/cell")).hasSize(LINE.length() / 2);
    assertThat(full.at("/lag/layers/1").has("cell")).isFalse();
    assertThat(full.at("/copies/longest").asInt()).isEqualTo(LINE.length());
    assertThat(full.at("/copies/spans/0/corpus_position").asInt()).isZero();
    assertThat(full.at("/generated/text").asText()).hasSize(1000);
    assertThat(full.at("/map/characters")).hasSize(run.vocabulary().size());
  }

  @Test
  void withoutATextItIsTheBeginningOfTheHeldOutText() {
    Explanation found = explain(new ExplanationJob(run));
    String validation = LINE.repeat(40).substring(1512, 1596); // 90 to 95 % of 1,680 characters
    assertThat(new String(found.text(), 0, found.text().length)).isEqualTo(validation);
    assertThat(found.source()).isEqualTo("first 84 characters of the validation text");
  }

  @Test
  void aRunWithoutItsCorpusExplainsATextThatIsGiven() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.copy(run.file(), elsewhere.resolve("best.zip"));
    Path text = folder.resolve("text.txt");
    String before = Files.readString(text);
    Files.writeString(text, before + "changed\n");
    try {
      SavedNetwork alone = SavedNetwork.open(elsewhere);
      Set<Part> parts = Set.of(Part.COPIES, Part.GENERATED);
      Explanation found = explain(new ExplanationJob(alone).text(LINE).parts(parts));
      assertThat(found.copies()).isEmpty();
      assertThat(found.generated().orElseThrow().copies()).isEmpty();
      assertThatThrownBy(() -> new ExplanationJob(alone).run())
          .isInstanceOf(RunException.class)
          .hasMessageEndingWith("its corpus is not here: name a text with --text or --file");
    } finally {
      Files.writeString(text, before);
    }
  }

  @Test
  void textsThatCannotBeExplainedAreRefused() throws IOException {
    ExplanationJob job = new ExplanationJob(run);
    assertThatThrownBy(() -> job.text("we d\u00e9sire").run())
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith(
            "character 5 of the text, '\u00e9' (U+00E9), is not in the vocabulary")
        .hasMessageEndingWith(
            "; add --unknown replace, which charges 13.92 nats for each such character");
    assertThatThrownBy(() -> job.text("w").run())
        .hasMessage(
            "the text: has only one character; a prediction needs at least 2: give a longer text");
    assertThatThrownBy(() -> job.text("").run()).hasMessageContaining("has no character");
    assertThatThrownBy(() -> job.text(LINE.repeat(500)).parts(Set.of(Part.LAG)).run())
        .hasMessage(
            "the text: has 21,000 characters; at most 20,000 can be explained with memories, gates"
                + " or lags: give a part of it");
    Path latin =
        Files.write(
            folder.resolve("latin.txt"), "we d\u00e9sire\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> new ExplanationJob(run).file(latin).run())
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith(latin + ": ")
        .hasMessageContaining("add --encoding");
    Explanation read =
        explain(
            new ExplanationJob(run)
                .file(latin)
                .encoding(StandardCharsets.ISO_8859_1)
                .unknown(UnknownCharacters.REPLACE));
    assertThat(read.character(4)).isEqualTo("\u00e9");
    assertThatThrownBy(() -> new ExplanationJob(run).file(folder).run())
        .hasMessage(folder + ": is a folder: name a file");
    assertThatThrownBy(() -> new ExplanationJob(run).file(folder.resolve("none.txt")).run())
        .isInstanceOf(RunException.class)
        .hasMessageStartingWith(folder.resolve("none.txt") + ": cannot be read");
  }

  @Test
  void itStops() {
    StopSignal stop = new StopSignal();
    stop.request("test");
    assertThat(new ExplanationJob(run).text(LINE).stop(stop).run()).isEmpty();
  }

  /** The page names no other host, and neither script nor markup of the text can break out. */
  @Test
  void thePageStandsAlone() throws IOException {
    Path page = folder.resolve("report.html");
    Explanation found =
        explain(
            new ExplanationJob(run)
                .text(LINE + "</script><script>alert(1)</script>\n")
                .unknown(UnknownCharacters.REPLACE)
                .parts(EnumSet.allOf(Part.class)));

    Report.write(found, List.of(found), List.of(found, found), page);

    String html = Files.readString(page);
    assertThat(html).contains("default-src 'none'").doesNotContain("{{");
    assertThat(html.replace("http://www.w3.org/2000/svg", "")).doesNotContainPattern("https?://");
    assertThat(html.split("</script>", -1)).hasSize(3);
    for (String section :
        List.of("surprise", "memory", "gates", "lag", "writes", "characters", "time")) {
      assertThat(html).contains("<section id=\"" + section + "\">", "href=\"#" + section + "\"");
    }
    Path picture = folder.resolve("lag.svg");
    LagPicture.write(List.of(found), picture);
    assertThat(Files.readString(picture)).startsWith("<svg ").contains("<style>", "layer 1");
  }
}
