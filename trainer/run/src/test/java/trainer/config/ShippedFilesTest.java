package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** The shipped configurations, and the files generated from the records. */
class ShippedFilesTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final String REWRITE = "rewriteGeneratedFiles";
  private static final JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(ConfigurationSchema.toJson());

  static List<Path> configurations() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("configs"))) {
      return files.filter(file -> file.toString().endsWith(".yml")).sorted().toList();
    }
  }

  static Stream<MalformedConfiguration> malformed() {
    return MalformedConfiguration.all().stream()
        .filter(malformed -> malformed.overrides().isEmpty());
  }

  @Test
  void theSchemaIsGeneratedFromTheRecords() throws IOException {
    assertGenerated("configs/configuration.schema.json", ConfigurationSchema.toJson());
  }

  @Test
  void theReferenceIsGeneratedFromTheRecords() throws IOException {
    assertGenerated("docs/configuration.md", ConfigurationReference.toMarkdown());
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void everyConfigurationLoadsAndFitsTheSchema(Path file) throws IOException {
    String yaml = Files.readString(file);
    Configuration loaded = ConfigurationLoader.load(file, List.of());

    assertThat(loaded.name() + ".yml").isEqualTo(file.getFileName().toString());
    assertThat(loaded.data().corpus())
        .allMatch(corpus -> Path.of(corpus).getParent().equals(ROOT.resolve("datasets")));
    assertThat(SCHEMA.validate(json(yaml))).isEmpty();
    assertThat(SCHEMA.validate(json(ConfigurationWriter.toYaml(loaded)))).isEmpty();
    assertThat(yaml.lines().toList().get(0))
        .isEqualTo("# yaml-language-server: $schema=configuration.schema.json");
    assertThat(yaml.lines().toList().get(1)).startsWith("# ");
  }

  @Test
  void theConfigurationsOfTheCellsDifferInTheCellAlone() {
    Configuration lstm = ConfigurationLoader.load(ROOT.resolve("configs/lstm.yml"), List.of());
    for (String cell : List.of("simple_rnn", "graves_lstm", "gru")) {
      Configuration other =
          ConfigurationLoader.load(ROOT.resolve("configs/" + cell + ".yml"), List.of());
      assertThat(ConfigurationDifference.between(lstm, other, false).decidesTheNumbers())
          .extracting(ConfigurationDifference.Change::key)
          .containsExactly("model.layers[0].type", "model.layers[1].type");
    }
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void theSchemaRefusesTheMistakesThatItCanExpress(MalformedConfiguration malformed) {
    boolean accepted;
    try {
      accepted = SCHEMA.validate(json(malformed.yaml())).isEmpty();
    } catch (YamlEngineException | IllegalArgumentException e) {
      accepted = false;
    }
    assertThat(accepted).isEqualTo(malformed.beyondSchema());
  }

  private static JsonNode json(String yaml) {
    LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).build();
    return new ObjectMapper().valueToTree(new Load(settings).loadFromString(yaml));
  }

  private static void assertGenerated(String name, String expected) throws IOException {
    Path file = ROOT.resolve(name);
    if (Boolean.getBoolean(REWRITE)) {
      Files.writeString(file, expected);
    }
    assertThat(Files.exists(file) ? Files.readString(file) : "")
        .as("%s; rewrite it with: mvn test -Dtest=ShippedFilesTest -D%s=true", name, REWRITE)
        .isEqualTo(expected);
  }
}
