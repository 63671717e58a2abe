package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.engine.nd4j.Nd4jBackend;

/**
 * Stopped runs of version 1.0.0-SNAPSHOT at 98d73f1: this version resumes, samples and evaluates
 * them with the same results.
 */
@Tag("slow")
final class CompatibilityTest {
  private static final String FIXTURES = "/trainer/compatibility";
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final int TRAIN_LOSS = 4; // columns of metrics.csv
  private static final int VALIDATION_LOSS = 5;

  /** Of losses on another processor, which sums in another order; observed: 0.00005. */
  private static final double PERCENT = 0.01;

  /** Of the number of correctly predicted characters, on another processor. */
  private static final int CHARACTERS = 2;

  @TempDir private Path folder;

  private static Path fixtures() {
    try {
      return Path.of(CompatibilityTest.class.getResource(FIXTURES).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode expected() throws IOException {
    return new ObjectMapper().readTree(fixtures().resolve("expected.json").toFile());
  }

  private static JsonNode expected(String run) throws IOException {
    return expected().get("runs").get(run);
  }

  static Stream<String> runs() throws IOException {
    Iterable<String> names = expected().get("runs")::fieldNames;
    return StreamSupport.stream(names.spliterator(), false);
  }

  /** Copies a run, its configuration and the text. */
  private Path copy(String run) throws IOException {
    Path source = fixtures();
    try (Stream<Path> files = Files.walk(source.resolve(run))) {
      for (Path file : files.sorted().toList()) {
        Files.copy(file, folder.resolve(source.relativize(file).toString()));
      }
    }
    for (String file : List.of(run + ".yml", "text.txt")) {
      Files.copy(source.resolve(file), folder.resolve(file));
    }
    return folder.resolve(run);
  }

  private static InProcess succeed(String... arguments) {
    InProcess result = InProcess.run(arguments);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
  }

  private void resume(String run) {
    succeed(folder.resolve(run + ".yml").toString(), "--output=" + folder.resolve(run));
  }

  private static JsonNode evaluate(String... arguments) throws IOException {
    String[] command = {"evaluate", "--json"};
    return new ObjectMapper().readTree(succeed(SmallJob.with(command, arguments)).out());
  }

  /** Whether the expected bytes were computed on this kind of processor. */
  private static boolean isSameProcessor() throws IOException {
    return expected().get("processor").asText().equals(processor());
  }

  /** CPU model and vector extensions; empty if unknown. */
  private static String processor() throws IOException {
    List<String> lines =
        Files.isReadable(PROCESSORS) ? Files.readAllLines(PROCESSORS) : List.<String>of();
    return entry(lines, "model name")
        + ": "
        + Arrays.stream(entry(lines, "flags").split(" ", -1))
            .filter(flag -> flag.matches("(amx|avx|fma).*"))
            .sorted()
            .collect(joining(" "));
  }

  private static String entry(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Bytes on the same processor; losses and texts on any. */
  @ParameterizedTest
  @MethodSource("runs")
  void resumesToTheSameEnd(String name) throws IOException {
    Path run = copy(name);
    JsonNode expected = expected(name).get("resumed");

    resume(name);

    List<JsonNode> resumptions = RunContents.events(run, "resumed");
    assertThat(resumptions)
        .extracting(event -> event.get("iteration"))
        .containsExactly(expected(name).get("stopped").get("iteration"));
    assertLosses(RunContents.rows(run), expected.get("losses"));
    if (isSameProcessor()) {
      assertThat(resumptions.get(0).get("details").get("engine"))
          .isEqualTo(expected(name).get("engine"));
      Map<String, byte[]> model = RunContents.entries(run.resolve("model.zip"));
      assertBytes(model, "coefficients.bin", expected.get("coefficients_sha256"));
      assertBytes(model, "updaterState.bin", expected.get("updater_state_sha256"));
      assertBytes(model, "trainer/carried.bin", expected.get("carried_sha256"));
    }
    assertThat(Files.readString(run.resolve("samples.txt")))
        .isEqualTo(expected.get("samples").asText());
    String result = run.resolve("model.zip").toString();
    assertFigures(evaluate(result), expected.get("validation"));
    assertFigures(evaluate(result, "--split=test"), expected.get("test"));
  }

  private static void assertBytes(Map<String, byte[]> model, String entry, JsonNode sha256) {
    assertThat(sha256(model.get(entry))).as(entry).isEqualTo(sha256.asText());
  }

  private static void assertLosses(List<String[]> rows, JsonNode expected) throws IOException {
    boolean same = isSameProcessor();
    assertThat(rows).hasSize(expected.size());
    for (int i = 0; i < rows.size(); i++) {
      String[] row = rows.get(i);
      String[] wanted = expected.get(i).asText().split(",", -1);
      String[] found = {row[0], row[TRAIN_LOSS], row[VALIDATION_LOSS]};
      if (same) {
        assertThat(found).isEqualTo(wanted);
      } else {
        assertThat(found[0]).isEqualTo(wanted[0]);
        assertAlike("training loss at " + found[0], found[1], wanted[1]);
        assertAlike("validation loss at " + found[0], found[2], wanted[2]);
      }
    }
  }

  private static void assertAlike(String what, String found, String wanted) {
    if (wanted.isEmpty()) {
      assertThat(found).as(what).isEmpty();
    } else {
      assertThat(Double.parseDouble(found))
          .as(what)
          .isCloseTo(Double.parseDouble(wanted), withinPercentage(PERCENT));
    }
  }

  private static void assertFigures(JsonNode found, JsonNode expected) throws IOException {
    boolean same = isSameProcessor();
    for (String count : List.of("iteration", "characters")) {
      assertThat(found.get(count)).as(count).isEqualTo(expected.get(count));
    }
    for (String loss : List.of("nats_per_character", "bits_per_character")) {
      assertThat(found.get(loss).asDouble())
          .as(loss)
          .isCloseTo(expected.get(loss).asDouble(), withinPercentage(same ? 0 : PERCENT));
    }
    double characters = expected.get("characters").asDouble();
    assertThat(found.get("accuracy").asDouble())
        .as("accuracy")
        .isCloseTo(expected.get("accuracy").asDouble(), offset(same ? 0 : CHARACTERS / characters));
  }

  /** On any processor, since the parameters are those of the file. */
  @ParameterizedTest
  @MethodSource("runs")
  void writesTheSameText(String name) throws IOException {
    String run = copy(name).toString();
    JsonNode expected = expected(name).get("stopped");

    InProcess plain = succeed("sample", run, "--length=200", "--temperature=0.7", "--seed=7");
    InProcess primed =
        succeed(
            "sample",
            run,
            "--length=200",
            "--temperature=1.0",
            "--seed=8",
            "--prime=the gulls ",
            "--top-k=5");

    assertThat(plain.out()).isEqualTo(expected.get("sample").asText());
    assertThat(primed.out()).isEqualTo(expected.get("primed_sample").asText());
  }

  @ParameterizedTest
  @MethodSource("runs")
  void evaluatesToTheSameLoss(String name) throws IOException {
    String run = copy(name).toString();

    JsonNode found = evaluate(run, "--corpus=" + folder.resolve("text.txt"));

    assertFigures(found, expected(name).get("stopped").get("evaluation"));
  }

  /** Deeplearning4j opens the models of both versions. */
  @Test
  void deeplearning4jOpensTheLstmAndPredictsAsWell() throws IOException {
    Path run = copy("lstm");
    Nd4jBackend.start(1);
    assertThat(nats(run.resolve("best.zip")))
        .isCloseTo(
            expected("lstm").get("stopped").get("evaluation").get("nats_per_character").asDouble(),
            withinPercentage(PERCENT));
    resume("lstm");
    assertThat(nats(run.resolve("model.zip")))
        .isCloseTo(
            evaluate(run.resolve("model.zip").toString(), "--corpus=" + folder.resolve("text.txt"))
                .get("nats_per_character")
                .asDouble(),
            withinPercentage(PERCENT));
  }

  /** Mean loss of the text computed by Deeplearning4j alone, in one pass. */
  private double nats(Path file) throws IOException {
    MultiLayerNetwork network = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
    assertThat(network.getLayerWiseConfigurations().getConfs())
        .extracting(layer -> layer.getLayer().getClass().getName())
        .containsExactly(
            LSTM.class.getName(), LSTM.class.getName(), RnnOutputLayer.class.getName());
    assertThat(network.updaterState().length()).isEqualTo(2 * network.numParams()); // Adam
    int[] text = indices();
    int steps = text.length - 1;
    INDArray features = Nd4j.zeros(1, network.layerInputSize(0), steps);
    for (int t = 0; t < steps; t++) {
      features.putScalar(0, text[t], t, 1);
    }
    INDArray probabilities = network.output(features);
    double nats = 0;
    for (int t = 0; t < steps; t++) {
      nats -= Math.log(probabilities.getDouble(0, text[t + 1], t));
    }
    network.close();
    return nats / steps;
  }

  /** The text as vocabulary indices. */
  private int[] indices() throws IOException {
    JsonNode characters =
        new ObjectMapper()
            .readTree(folder.resolve("lstm/vocabulary.json").toFile())
            .get("characters");
    int[] vocabulary = new int[characters.size()];
    Arrays.setAll(vocabulary, i -> characters.get(i).get("code_point").asInt());
    return Files.readString(folder.resolve("text.txt"))
        .codePoints()
        .map(character -> Arrays.binarySearch(vocabulary, character))
        .toArray();
  }

  /** Saved models contain the class name, so the class must not move. */
  @Test
  void theGruOfAModelFileIsTrainerLayerGru() throws IOException {
    Path run = copy("gru");
    assertGru(run.resolve("checkpoints/130.zip"));
    resume("gru");
    assertGru(run.resolve("model.zip"));
  }

  private static void assertGru(Path file) throws IOException {
    byte[] configuration = RunContents.entries(file).get("configuration.json");
    JsonNode layers = new ObjectMapper().readTree(new String(configuration, UTF_8)).get("confs");
    assertThat(layers)
        .extracting(layer -> layer.get("layer").get("@class").asText())
        .containsExactly("trainer.layer.Gru", "trainer.layer.Gru", RnnOutputLayer.class.getName());
  }
}
