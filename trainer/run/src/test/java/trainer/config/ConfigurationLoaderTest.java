package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Layer.CellType;

class ConfigurationLoaderTest {
  private static final String MINIMAL = "data: {corpus: a.txt}\n";

  private static Configuration parse(String yaml, String... overrides) {
    return ConfigurationLoader.parse(yaml, "configs/job.yml", List.of(overrides));
  }

  @Test
  void everyKeyButTheCorpusHasItsDefault() {
    assertThat(ConfigurationWriter.toYaml(parse(MINIMAL)))
        .isEqualTo(
            """
            # Every key of the configuration, with its value.
            name: job
            seed: 42
            data:
              corpus: a.txt
              url: null
              sha256: null
              encoding: UTF-8
              separator: null
              normalize: none
              newlines: lf
              vocabulary: null
              unknown: error
              shuffle: none
              split: [0.9, 0.05, 0.05]
              split_blocks: 1
            model:
              layers:
                - {type: graves_lstm, size: 256, dropout: 0.0}
              forget_gate_bias: 1.0
              initializer: {type: xavier}
            training:
              batch_size: 64
              sequence_length: 64
              remainder: null
              epochs: 20
              max_iterations: null
              max_minutes: null
              optimizer: {type: adam, learning_rate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8}
              schedule: {type: constant, warmup_iterations: 0}
              gradient_clipping: {norm: 5.0}
              early_stopping: {patience: null, min_delta: 0.0}
            evaluation: {every_iterations: 500}
            checkpoints: {every_iterations: 500, every_minutes: null, keep_last: 3, keep_best: 1, grace_seconds: null}
            samples: {every_iterations: 500, length: 300, temperatures: [0.5, 0.8, 1.0], prime: null, terminal: true}
            tensorboard: {directory: null}
            mlflow: {tracking_uri: null, experiment: character-rnn}
            compute:
              engine: auto
              threads: 0
              lane_groups: null
              precision: float32
              workers: 1
              gpus: 1
              recurrence: auto
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "adamw   | {type: adamw, learning_rate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8,"
            + " weight_decay: 0.01}",
        "rmsprop | {type: rmsprop, learning_rate: 0.002, decay: 0.95, epsilon: 1.0e-8}",
        "sgd     | {type: sgd, learning_rate: 0.1, momentum: 0.9}",
      })
  void aBareTypeHasItsDefaults(String type, String written) {
    Configuration alone = parse(MINIMAL + "training: {optimizer: " + type + "}");
    Configuration full = parse(MINIMAL + "training: {optimizer: " + written + "}");

    assertThat(alone).isEqualTo(full);
    assertThat(ConfigurationWriter.toYaml(alone)).contains("  optimizer: " + written + "\n");
  }

  @Test
  void aMappingWithoutATypeHasTheFirstType() {
    Configuration loaded =
        parse(MINIMAL + "training: {optimizer: {beta2: 0.99}, schedule: {warmup_iterations: 10}}");

    assertThat(loaded.training().optimizer()).isEqualTo(new Optimizer.Adam(0.002, 0.9, 0.99, 1e-8));
    assertThat(loaded.training().schedule()).isEqualTo(new Schedule.Constant(10));
  }

  @Test
  void clippingIsByNormOrByValueOrNone() {
    assertThat(parse(MINIMAL, "training.gradient_clipping={norm: 1}").training().gradientClipping())
        .isEqualTo(new GradientClipping.Norm(1));
    assertThat(
            parse(MINIMAL, "training.gradient_clipping={value: 2}").training().gradientClipping())
        .isEqualTo(new GradientClipping.Value(2));
    assertThat(parse(MINIMAL, "training.gradient_clipping=none").training().gradientClipping())
        .isEqualTo(new GradientClipping.None());
  }

  @Test
  void aCorpusIsAFileOrAListOfFiles() {
    assertThat(parse("data: {corpus: a.txt}").data().corpus()).containsExactly("a.txt");
    assertThat(parse("data: {corpus: [b.txt, 'c/*.txt']}").data().corpus())
        .containsExactly("b.txt", "c/*.txt");
  }

  @Test
  void wholeNumbersMayBeHexadecimalAndSeedsAreLong() {
    assertThat(parse(MINIMAL + "seed: 0xFF").seed()).isEqualTo(255);
    assertThat(parse(MINIMAL + "seed: 0o17").seed()).isEqualTo(15);
    assertThat(parse(MINIMAL + "seed: -9223372036854775808").seed()).isEqualTo(Long.MIN_VALUE);
    assertThat(parse(MINIMAL + "seed: 9223372036854775807").seed()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aWholeNumberIsANumberToo() {
    assertThat(parse(MINIMAL + "model: {forget_gate_bias: 2}").model().forgetGateBias())
        .isEqualTo(2.0);
    assertThat(parse(MINIMAL + "model: {forget_gate_bias: 0x10}").model().forgetGateBias())
        .isEqualTo(16.0);
    assertThat(
            parse(MINIMAL + "model: {forget_gate_bias: 123456789012345678901}")
                .model()
                .forgetGateBias())
        .isEqualTo(1.2345678901234568e20);
  }

  @Test
  void theNameIsTheFilesUnlessGiven() {
    assertThat(parse(MINIMAL).name()).isEqualTo("job");
    assertThat(parse(MINIMAL + "name: other").name()).isEqualTo("other");
    assertThat(parse(MINIMAL + "name: -x").name()).as("runs of version 1.0.0").isEqualTo("-x");
    assertThat(parse(MINIMAL, "name=third").name()).isEqualTo("third");
    assertThat(ConfigurationLoader.parse(MINIMAL, "C:\\jobs\\big.yaml", List.of()).name())
        .isEqualTo("big");
  }

  @Test
  void aFileNameThatIsNoRunNameIsNamed() {
    assertThatThrownBy(() -> ConfigurationLoader.parse(MINIMAL, "my job.yml", List.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "my job.yml:1: name: missing, and the file's name without extension is not at most"
                + " 100 letters, digits, '.', '_' and '-', not starting with '.'");
  }

  @Test
  void overridesReplaceValuesOfTheFile() {
    String yaml =
        MINIMAL
            + """
            model:
              layers:
                - {type: lstm, size: 10}
                - {type: gru, size: 20}
            training: {epochs: 3}
            """;
    Configuration loaded =
        parse(
            yaml,
            "model.layers[0].size=11",
            "model.layers.1.dropout=0.5",
            "training.epochs=4",
            "training.epochs=5",
            "samples.prime='ROMEO: '",
            "training.optimizer={type: sgd, learning_rate: 0.1}");

    assertThat(loaded.model().layers())
        .containsExactly(new Layer(CellType.LSTM, 11, 0), new Layer(CellType.GRU, 20, 0.5));
    assertThat(loaded.training().epochs()).isEqualTo(5);
    assertThat(loaded.training().optimizer()).isEqualTo(new Optimizer.Sgd(0.1, 0.9));
    assertThat(loaded.samples().prime()).isEqualTo("ROMEO: ");
  }

  @Test
  void overridesInsideMissingMappingsApplyToTheDefaults() {
    Configuration loaded =
        parse(
            "",
            "data.corpus=b.txt",
            "model.layers[0].size=11",
            "training.optimizer.learning_rate=0.1",
            "training.gradient_clipping.norm=1",
            "samples.temperatures[1]=0.7");

    assertThat(loaded.data().corpus()).containsExactly("b.txt");
    assertThat(loaded.model().layers()).containsExactly(new Layer(CellType.GRAVES_LSTM, 11, 0));
    assertThat(loaded.training().optimizer()).isEqualTo(new Optimizer.Adam(0.1, 0.9, 0.999, 1e-8));
    assertThat(loaded.training().gradientClipping()).isEqualTo(new GradientClipping.Norm(1));
    assertThat(loaded.samples().temperatures()).containsExactly(0.5, 0.7, 1.0);
  }

  @Test
  void anOverrideOfTheTypeAloneHasTheDefaultsOfTheType() {
    assertThat(parse(MINIMAL, "training.optimizer.type=sgd").training().optimizer())
        .isEqualTo(new Optimizer.Sgd(0.1, 0.9));
  }

  @Test
  void anOverrideCanRepairTheFile() {
    assertThat(parse(MINIMAL + "seed: x", "seed=3").seed()).isEqualTo(3);
    assertThat(
            parse(MINIMAL + "training: {max_iterations: 3}", "training.max_iterations=")
                .training()
                .maxIterations())
        .isNull();
  }

  @Test
  void pathsOfAFileAreTakenFromItsFolder(@TempDir Path folder) throws IOException {
    Path configs = Files.createDirectories(folder.resolve("configs"));
    Path file = configs.resolve("job.yml");
    Files.writeString(
        file, "data: {corpus: [../texts/*.txt, /abs/a.txt], vocabulary: ../models/old}");

    Configuration loaded = ConfigurationLoader.load(file, List.of());

    assertThat(loaded.data().corpus())
        .containsExactly(folder.resolve("texts").toAbsolutePath() + "/*.txt", "/abs/a.txt");
    assertThat(loaded.data().vocabulary())
        .isEqualTo(folder.resolve("models/old").toAbsolutePath().toString());
    assertThat(loaded.resolve(Path.of("/elsewhere"))).isEqualTo(loaded);
  }

  @Test
  void pathsOfOverridesAreTakenFromTheWorkingDirectory(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("job.yml");
    Files.writeString(file, "data: {corpus: [a.txt, b.txt], vocabulary: old}");
    String here = Path.of("").toAbsolutePath() + "/";
    String there = folder.toAbsolutePath() + "/";

    assertThat(ConfigurationLoader.load(file, List.of("data.vocabulary=r1")).data())
        .extracting(Data::vocabulary, Data::corpus)
        .containsExactly(here + "r1", List.of(there + "a.txt", there + "b.txt"));
    assertThat(ConfigurationLoader.load(file, List.of("data.corpus[1]=c.txt")).data())
        .extracting(Data::vocabulary, Data::corpus)
        .containsExactly(there + "old", List.of(there + "a.txt", here + "c.txt"));
    for (String all : List.of("data.corpus=c.txt", "data.corpus=[c.txt]", "data={corpus: c.txt}")) {
      assertThat(ConfigurationLoader.load(file, List.of(all)).data().corpus())
          .as(all)
          .containsExactly(here + "c.txt");
    }
  }

  @Test
  void aRuleBetweenValuesIsReportedWhereTheLastOneWasSet() {
    String yaml = MINIMAL.replace("}", ", split: [0.9, 0.05, 0.05]}");
    assertThatThrownBy(() -> parse(yaml, "data.split[1]=1.0"))
        .hasMessage(
            "--set data.split[1]=1.0: data.split: must sum to 1, but [0.9, 1.0, 0.05] sums to"
                + " 1.95");
    assertThatThrownBy(
            () ->
                parse(
                    "data: {corpus: a.txt, url: 'https://a/b', sha256: %s}"
                        .formatted("a".repeat(64)),
                    "data.corpus=[a.txt, b.txt]"))
        .hasMessageStartingWith("--set data.corpus=[a.txt, b.txt]: data.url: downloads one file");
  }

  @Test
  void aResolvedFileMeansTheSameInAnotherFolder(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("job.yml");
    Files.writeString(file, "data: {corpus: ../a.txt}");
    Configuration loaded = ConfigurationLoader.load(file, List.of());
    Path moved = Files.createDirectories(folder.resolve("models/job")).resolve("config.yml");
    Files.writeString(moved, ConfigurationWriter.toYaml(loaded));

    assertThat(ConfigurationLoader.load(moved, List.of())).isEqualTo(loaded);
  }

  /** Checkpoints contain it and would be unreadable. */
  @Test
  void aFileThatIsTooLongOnceItsPathsAreAbsoluteIsRefused(@TempDir Path folder) throws IOException {
    Path deep = folder.resolve("d".repeat(100));
    Path file = Files.createDirectory(deep).resolve("job.yml");
    String texts =
        IntStream.range(0, 2_600).mapToObj(i -> i + ".txt").collect(Collectors.joining(", "));
    Files.writeString(
        file, "data: {corpus: [%s]}\nmodel: {layers: [{size: 2}]}\n".formatted(texts));
    assertThatThrownBy(() -> ConfigurationLoader.load(file, List.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageMatching(
            "\\Q%s\\E: with absolute paths it has [0-9,]+ bytes, more than the maximum of 262,144: list"
                    .formatted(file)
                + " the files in data.corpus by a glob such as texts/\\*.txt");
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheText() {
    assertThat(parse("\uFEFF" + MINIMAL)).isEqualTo(parse(MINIMAL));
  }

  @Test
  void aFileThatIsNotUtf8IsRefusedWithTheOffset(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("job.yml");
    Files.write(file, new byte[] {'a', ':', ' ', '1', '\n', 'b', ':', ' ', (byte) 0xE9, '\n'});
    assertRefused(file, ":2: not UTF-8: byte 0xE9 at offset 8; save the file as UTF-8");

    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xC3});
    assertRefused(file, ":1: not UTF-8: byte 0xC3 at offset 3; save the file as UTF-8");
  }

  @Test
  void aFileThatIsNotAConfigurationIsRefused(@TempDir Path folder) throws IOException {
    assertRefused(folder.resolve("none.yml"), ": no such file");
    assertRefused(folder, ": is a folder, not a YAML file");
    Path large = folder.resolve("large.yml");
    Files.writeString(large, "# text\n".repeat(40_000));
    assertRefused(large, ": 273 KB long; a configuration has at most 256 KB (is this the corpus?)");
  }

  @Test
  void deepNestingIsRefusedWithoutRunningOutOfStack() {
    assertThatThrownBy(() -> parse("data: " + "[".repeat(100_000)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("configs/job.yml:1: nested more than 20 deep");
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> ConfigurationLoader.load(file, List.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(file + message);
  }
}
