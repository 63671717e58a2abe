package trainer.service.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.ConfigurationException;
import trainer.config.binding.Key;
import trainer.config.binding.RecordType;
import trainer.service.configuration.ServiceConfiguration.LogFormat;

final class ServiceConfigurationLoaderTest {
  private static final Map<String, String> NOTHING = Map.of();

  @TempDir private Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("service.yml"), text);
  }

  private static ServiceConfiguration load(Path file, Map<String, String> environment) {
    return ServiceConfigurationLoader.load(file, environment, Map.of());
  }

  private static List<String> problems(Path file, Map<String, String> environment) {
    return catchThrowableOfType(ConfigurationException.class, () -> load(file, environment))
        .getMessage()
        .lines()
        .toList();
  }

  @Test
  void withoutAnythingThereAreDefaults() {
    ServiceConfiguration configuration = load(null, Map.of("HOME", "/root", "PORT", "x"));
    assertThat(configuration)
        .isEqualTo(
            new ServiceConfiguration(
                "127.0.0.1",
                8080,
                "models",
                null,
                List.of("datasets"),
                1000,
                10_000,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                LogFormat.TEXT));
    assertThat(configuration.databaseUrl()).isEqualTo("jdbc:sqlite:models/service.db");
  }

  /** Else runs read tokens and secrets of webhooks, and uploads replace them. */
  @ParameterizedTest
  @CsvSource({
    "., models, null, null, --runs",
    "models, models, null, null, --runs",
    "link, models, null, null, --runs",
    "models/../, models, null, null, --runs",
    "texts, models, jdbc:sqlite:texts/a/b.db, null, --database",
    "texts, models, null, texts/tokens, --token-file",
    "texts, models, null, link/texts/tokens, --token-file"
  })
  void datasetsWithFilesOfTheServiceAreRefused(
      String datasets, String runs, String database, String tokens, String option)
      throws IOException {
    Files.createSymbolicLink(folder.resolve("link"), folder);
    String text = "datasets: [other, %s]\nruns: %s\ndatabase: %s\ntoken_file: %s\n";
    ServiceConfiguration configuration =
        load(file(text.formatted(datasets, runs, database, tokens)), NOTHING);
    assertThatIllegalArgumentException()
        .isThrownBy(configuration::checkDatasets)
        .withMessageContaining("contains %s %s/", option, folder);
    load(file("datasets: [texts, models/texts]\ntoken_file: texts.tokens\n"), NOTHING)
        .checkDatasets();
  }

  @Test
  void pathsOfTheFileAreTakenFromItsFolder() throws IOException {
    Path file =
        file(
            """
            host: 0.0.0.0
            port: 80
            runs: ../runs
            database: jdbc:sqlite:queue.db
            datasets: [texts, /srv/texts]
            token_file: tokens
            allowed_host: trainer.example.org
            slots: 3
            gpus: 2
            heap_megabytes: 6000
            log_format: json
            """);
    ServiceConfiguration configuration = load(file, NOTHING);
    assertThat(configuration.runs()).isEqualTo(folder.resolveSibling("runs").toString());
    assertThat(configuration.databaseUrl()).isEqualTo("jdbc:sqlite:" + folder.resolve("queue.db"));
    assertThat(configuration.datasets())
        .containsExactly(folder.resolve("texts").toString(), "/srv/texts");
    assertThat(configuration.tokenFile()).isEqualTo(folder.resolve("tokens").toString());
    assertThat(configuration.allowedHost()).containsExactly("trainer.example.org");
    assertThat(configuration.heapMegabytes()).isEqualTo(6000);
    assertThat(configuration.logFormat()).isEqualTo(LogFormat.JSON);
  }

  @Test
  void anOptionGoesBeforeAVariableAndThatBeforeTheFile() throws IOException {
    Path file = file("port: 1\nslots: 1\nhost: ::1\nruns: here\n");
    ServiceConfiguration configuration =
        ServiceConfigurationLoader.load(
            file,
            Map.of(
                "TRAINER_SERVE_PORT", "2",
                "TRAINER_SERVE_SLOTS", "2",
                "TRAINER_SERVE_RUNS", "there",
                "TRAINER_SERVE_TOKEN_FILE", "",
                "TRAINER_SERVE_DATASETS", "one,two",
                "TRAINER_SERVER", "http://127.0.0.1"),
            Map.of("port", List.of("3"), "host", List.of(), "allowed_host", List.of("a", "b")));
    assertThat(configuration.port()).isEqualTo(3);
    assertThat(configuration.slots()).isEqualTo(2);
    assertThat(configuration.host()).isEqualTo("::1");
    assertThat(configuration.runs())
        .as("of the environment: from the working directory")
        .isEqualTo(Path.of("there").toAbsolutePath().toString());
    assertThat(configuration.datasets())
        .containsExactly(
            Path.of("one").toAbsolutePath().toString(), Path.of("two").toAbsolutePath().toString());
    assertThat(configuration.tokenFile()).as("empty is not set").isNull();
    assertThat(configuration.allowedHost()).containsExactly("a", "b");
  }

  @Test
  void allThatIsWrongIsNamedWithItsPlace() throws IOException {
    Path file = file("host: 127.0.0.1\nprot: 80\nslots: '2'\nlog_format: xml\nport: 70000\n");
    assertThat(problems(file, Map.of("TRAINER_SERVE_SLOT", "secret", "TRAINER_SERVE_GPUS", "two")))
        .containsExactly(
            file + ":2: prot: unknown key; did you mean 'port'?",
            file + ":3: slots: must be a whole number, not \"2\"; remove the quotes",
            file + ":4: log_format: must be one of text, json, not xml",
            file + ":5: port: must be at least 0 and at most 65535, not 70000",
            "TRAINER_SERVE_SLOT: unknown key; did you mean 'slots'?",
            "TRAINER_SERVE_GPUS=two: must be a whole number, not two");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port: [ | service.yml:",
        "- port | must be a mapping",
        "datasets: [] | datasets: must not be empty",
        "host: 'a b' | host: must be an address without spaces",
        "runs: | runs: must be",
        "'{slots: 0, gpus: 0}' | slots: 0, and 'gpus' is 0 too"
      })
  void aWrongFileIsRefused(String text, String message) throws IOException {
    assertThat(String.join("\n", problems(file(text), NOTHING))).contains(message);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path file = folder.resolve("missing.yml");
    assertThat(problems(file, NOTHING)).containsExactly(file + ": no such file");
  }

  @Test
  void anOptionIsNamedAsItWasGiven() {
    ConfigurationException exception =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                ServiceConfigurationLoader.load(
                    null, NOTHING, Map.of("upload_megabytes", List.of("-1"))));
    assertThat(exception)
        .hasMessageStartingWith("--upload-megabytes -1: must be at least 0")
        .hasMessageEndingWith("not -1");
  }

  /** docs/service.md has a row for each key with its default. */
  @Test
  void everyKeyIsDocumented() throws IOException {
    String page = Files.readString(Path.of("../../docs/service.md"));
    for (Key key : RecordType.of(ServiceConfiguration.class).keys()) {
      assertThat(page)
          .contains(
              "| `%s` | `%s` | %s |"
                  .formatted(key.name(), key.defaultText().orElseThrow(), key.description()));
    }
  }
}
