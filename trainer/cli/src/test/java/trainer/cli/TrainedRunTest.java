package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;
import trainer.config.ConfigurationLoader;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.file.Sha256;

/** The files of a finished run, and the other commands on them. */
@Tag("slow")
final class TrainedRunTest {
  private static final String HEADER =
      "iteration,epoch,characters,seconds,train_loss,validation_loss,learning_rate,gradient_norm,characters_per_second";
  private static final int VALIDATION_LOSS = 5;

  @TempDir private static Path temporary;
  private static Path folder;
  private static Path run;
  private static Result training;
  private static Commands commands;

  @BeforeAll
  static void train() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    training = TrainerProcess.run(folder, SmallJob.FILE);
    run = folder.resolve("models/small");
    assertThat(training.exitCode()).as(training.err()).isZero();
    commands = new Commands(folder);
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  @Test
  void leavesEveryFileOfTheRunDirectory() throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.yml",
              "provenance.json",
              "vocabulary.json",
              "metrics.csv",
              "events.jsonl",
              "loss.svg",
              "loss.png",
              "samples.txt",
              "checkpoints",
              "best.zip",
              "latest.zip",
              "model.zip",
              "corpus.bin",
              "lock");
    }
    assertThat(run.resolve("checkpoints/160.zip")).exists();
    assertThat(run.resolve("metrics.csv")).content().startsWith(HEADER + "\n");
    assertThat(RunContents.rows(run)).hasSize(40).allMatch(row -> row.length == 9);
    assertThat(Files.readAllLines(run.resolve("events.jsonl")))
        .allSatisfy(line -> assertThat(new ObjectMapper().readTree(line).has("kind")).isTrue());
  }

  @Test
  void provenanceNamesTheModelOfWhatComputed() throws IOException {
    JsonNode provenance = new ObjectMapper().readTree(run.resolve("provenance.json").toFile());
    String device = provenance.get("device").asText();
    String engine = provenance.get("engine").asText();
    if (engine.startsWith("cuda ")) {
      assertThat(engine).startsWith("cuda (" + device + ",");
    } else {
      assertThat(device).isEqualTo(provenance.get("processor").asText());
    }
  }

  @Test
  void writesNothingElseAndNothingToStandardOutput() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("models", "corpus.txt", SmallJob.FILE);
    }
    assertThat(training.out()).isEmpty();
  }

  /** A full or missing temporary folder must not end a run. */
  @Test
  void needsNoFolderForTemporaryFiles() {
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Djava.io.tmpdir=" + temporary.resolve("missing")),
            SmallJob.FILE,
            "--set=training.max_iterations=8",
            "--output=../frugal");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(temporary.resolve("frugal/loss.png")).exists();
  }

  /** Egypt has its own digits and separators. */
  @Test
  void numbersLookTheSameInEveryLocale() {
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Duser.language=ar", "-Duser.country=EG"),
            SmallJob.FILE,
            "--set=training.max_iterations=8",
            "--output=../egypt");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err())
        .contains("finished after 8 iterations")
        .doesNotContainPattern("[\u0660-\u066c]");
    for (String file : List.of("metrics.csv", "events.jsonl", "provenance.json", "loss.svg")) {
      assertThat(temporary.resolve("egypt").resolve(file))
          .content()
          .doesNotContainPattern("[\u0660-\u066c]");
    }
  }

  @Test
  void printsPlainLinesWithoutATerminal() {
    assertThat(training.err())
        .doesNotContain("\033")
        .doesNotContain("\r")
        .contains("corpus    ")
        .contains("baseline  unigram ")
        .contains("network   gru 16 + graves_lstm 12, softmax ")
        .contains("engine    ")
        .contains("memory    about ")
        .contains("output    models/small (new run)")
        .contains("iter 160/160")
        .contains("finished after 160 iterations")
        .endsWith("generate text: java -jar trainer.jar sample models/small\n");
  }

  @Test
  void secondRunGivesTheSameBytes() {
    Result second = commands.run("train", SmallJob.FILE, "--output", "../again");

    assertThat(second.exitCode()).as(second.err()).isZero();
    assertThat(RunContents.of(temporary.resolve("again"))).isEqualTo(RunContents.of(run));
  }

  @Test
  void resolvedConfigurationTrainsTheSameRun() {
    assertThat(ConfigurationLoader.load(run.resolve("config.yml"), List.of()))
        .isEqualTo(ConfigurationLoader.load(folder.resolve(SmallJob.FILE), List.of()).started());
  }

  @Test
  void configPrintsWhatTheRunWasMadeWith() {
    Result config = commands.run("config", SmallJob.FILE);

    assertThat(config.exitCode()).isZero();
    assertThat(config.err()).isEmpty();
    assertThat(config.out()).isEqualTo(RunContents.read(run.resolve("config.yml")));
  }

  @Test
  void evaluationAgreesWithTheLastValidationLoss() throws IOException {
    Result evaluation = commands.run("evaluate", "models/small/latest.zip", "--json");

    assertThat(evaluation.exitCode()).as(evaluation.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(evaluation.out());
    List<String[]> rows = RunContents.rows(run);
    double written = Double.parseDouble(rows.get(rows.size() - 1)[VALIDATION_LOSS]);
    double loss = json.get("nats_per_character").asDouble();
    assertThat(loss).isCloseTo(written, within(0.5e-6)); // metrics.csv has six decimals
    assertThat(json.get("bits_per_character").asDouble()).isEqualTo(loss / Math.log(2));
    assertThat(json.get("perplexity_per_character").asDouble()).isEqualTo(Math.exp(loss));
    assertThat(json.get("accuracy").asDouble()).isBetween(0.1, 1.0);
    assertThat(json.get("iteration").asInt()).isEqualTo(160);
    assertThat(json.get("text").asText()).isEqualTo("validation");
    assertThat(json.get("characters").asInt()).isEqualTo(2_000);
    assertThat(json.get("unknown_characters").asInt()).isZero();
    assertThat(json.get("sha256").asText())
        .isEqualTo(Sha256.hex(Files.readString(folder.resolve("corpus.txt"))));
    assertThat(json.get("trigram_nats_per_character").asDouble())
        .isLessThan(json.get("unigram_nats_per_character").asDouble());
  }

  @Test
  void evaluatesAnotherTextWithoutTheCorpusOfTheRun() throws IOException {
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Files.copy(run.resolve("best.zip"), elsewhere.resolve("best.zip"));
    Files.writeString(elsewhere.resolve("text.txt"), SmallJob.text(2000, 2));
    Path corpus = folder.resolve("corpus.txt");
    Path hidden = Files.move(corpus, temporary.resolve("hidden.txt"));
    try {
      Result evaluation =
          TrainerProcess.run(elsewhere, "evaluate", "best.zip", "--corpus", "text.txt");

      assertThat(evaluation.exitCode()).as(evaluation.err()).isZero();
      assertThat(evaluation.out())
          .contains("characters predicted")
          .contains("network")
          .doesNotContain("unigrams");
      assertThat(evaluation.err()).contains("no baselines: " + corpus + ": no such file");
    } finally {
      Files.move(hidden, corpus);
    }
  }

  @Test
  void evaluationRefusesACorpusThatHasChangedAndIsNotKeptEncoded() throws IOException {
    Path corpus = folder.resolve("corpus.txt");
    String text = Files.readString(corpus);
    Files.writeString(corpus, text.replace("ship", "sail"));
    Path encoded = run.resolve("corpus.bin");
    Path hidden = Files.move(encoded, temporary.resolve("corpus.bin"));
    try {
      Result evaluation = commands.run("evaluate", "models/small");

      assertThat(evaluation.exitCode()).isEqualTo(2);
      assertThat(evaluation.out()).isEmpty();
      assertThat(evaluation.error())
          .startsWith("error: %s: the corpus has changed since training".formatted(corpus))
          .endsWith("restore the file, or name another text with --corpus");
    } finally {
      Files.move(hidden, encoded);
      Files.writeString(corpus, text);
    }
  }

  @Test
  void evaluationNamesASplitThatIsEmpty() {
    Result evaluation = commands.run("evaluate", "models/small", "--split", "test");

    assertThat(evaluation.exitCode()).isEqualTo(2);
    assertThat(evaluation.error())
        .isEqualTo(
            "error: models/small/best.zip: its corpus has no test split (data.split [0.9, 0.1, 0.0]): name"
                + " another with --split, or a text with --corpus");
  }

  @Test
  void evaluationNamesTheRunWhoseSplitIsEmpty() {
    Result evaluation =
        commands.run(
            "evaluate", "models/small", "--like", "models/small/latest.zip", "--split", "test");

    assertThat(evaluation.error())
        .startsWith("error: models/small/latest.zip: its corpus has no test split (");
  }

  @Test
  void sameSeedWritesTheSameText() {
    String[] command = {
      "sample", "models/small", "--length", "50", "--prompt", "the ", "--seed", "3", "--top-k", "5"
    };
    Result first = commands.run(command);
    Result second = commands.run(command);

    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.out()).startsWith("the ").endsWith("\n").hasSize(4 + 50 + 1);
    assertThat(first.err()).isEqualTo("models/small/best.zip, seed 3\n");
    assertThat(second.out()).isEqualTo(first.out());
  }

  @Test
  void exportsAModelThatDeeplearning4jOpens() throws IOException {
    Result export =
        commands.run("export", "models/small", "--format", "dl4j", "--output", "model-dl4j.zip");
    Path file = folder.resolve("model-dl4j.zip");
    assertThat(export.exitCode()).as(export.err()).isZero();
    assertThat(export.out()).isEmpty();
    assertThat(export.err()).isEqualTo("model-dl4j.zip: exported from models/small/best.zip\n");
    Nd4jBackend.start(1);
    MultiLayerNetwork network = MultiLayerNetwork.load(file.toFile(), false);
    assertThat(network.getnLayers()).isEqualTo(3);
    network.close();
    Files.delete(file);
  }

  @Test
  void exportsNamedArraysAndATable() throws IOException {
    Path arrays = temporary.resolve("model.safetensors");
    Path table = temporary.resolve("model.csv");
    Result one =
        commands.run("export", "models/small", "--format", "safetensors", "--output", "" + arrays);
    Result two = commands.run("export", "models/small", "--format", "csv", "--output", "" + table);

    assertThat(List.of(one.exitCode(), two.exitCode())).as(one.err() + two.err()).containsOnly(0);
    byte[] bytes = Files.readAllBytes(arrays);
    int header = (bytes[0] & 0xff) + 256 * (bytes[1] & 0xff); // little-endian, far below 64 KB
    JsonNode json = new ObjectMapper().readTree(bytes, 8, header);
    assertThat(json.get("__metadata__").has("vocabulary.json")).isTrue();
    assertThat(json.size()).isGreaterThan(6);
    assertThat(Files.readAllLines(table)).hasSizeGreaterThan(1000);
  }
}
