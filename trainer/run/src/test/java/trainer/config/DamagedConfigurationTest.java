package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the damage, a configuration loads or is refused with a message for each problem. */
class DamagedConfigurationTest {
  private static final String WHOLE =
      ConfigurationWriter.toYaml(
          ConfigurationLoader.parse("data: {corpus: a.txt}", "job.yml", List.of()));

  @Property(tries = 2000, seed = "1")
  void isRefusedWithAMessageOrLoads(
      @ForAll @IntRange(max = 1200) int from,
      @ForAll @IntRange(max = 40) int removed,
      @ForAll("inserted") String inserted) {
    int start = Math.min(from, WHOLE.length());
    int end = Math.min(start + removed, WHOLE.length());
    assertLoadsOrIsRefused(WHOLE.substring(0, start) + inserted + WHOLE.substring(end));
  }

  @Property(tries = 2000, seed = "1")
  void aDamagedOverrideIsRefusedWithAMessageOrTaken(
      @ForAll("keys") String key, @ForAll("inserted") String value) {
    try {
      ConfigurationLoader.parse(WHOLE, "case.yml", List.of(key + "=" + value));
    } catch (ConfigurationException e) {
      assertThat(e.getMessage()).startsWith("--set " + key);
    }
  }

  @Provide
  Arbitrary<String> inserted() {
    return Arbitraries.strings()
        .withChars("{}[]:,-#&*!|>'\"%@`?~ \n\t\\.0123456789abxoeE_=<")
        .withChars('\u0000', '\u0085', '\uFEFF', 'é', '\uD83D')
        .ofMaxLength(12);
  }

  @Provide
  Arbitrary<String> keys() {
    return Arbitraries.of(
        "seed",
        "data",
        "data.corpus",
        "data.corpus[0]",
        "data.split[1]",
        "model.layers",
        "model.layers[0]",
        "model.layers[0].size",
        "model.layers.0.type.x",
        "training.optimizer",
        "training.optimizer.type",
        "training.schedule.factor",
        "training.gradient_clipping",
        "samples.temperatures[0]",
        "x",
        "x.y[0].z",
        "name.x",
        "type");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "samples: {prime: \"\\uD800\"}",
        "samples: {prime: \"\\UFFFFFFFF\"}",
        "samples: {prime: \"\\U0010FFFF\"}",
        "samples: {prime: \"\\x\"}",
        "seed: 0xFFFFFFFFFFFFFFFFFFFFFFFF",
        "model: {forget_gate_bias: 0xFFFFFFFFFFFFFFFFFFFFFFFF}",
        "model: {forget_gate_bias: 1e99999999999}",
        "? {}\n: 1",
        "? ? ? a",
        "[a, b]: 1",
        "%YAML 3.0\n---\nseed: 1",
        "%TAG ! tag:x:\n---\nseed: !a 1",
        "--- |\n text",
        "...",
        "\uD800",
      })
  void oddYamlIsRefusedWithAMessageOrLoads(String yaml) {
    assertLoadsOrIsRefused("data: {corpus: a.txt}\n" + yaml);
    assertLoadsOrIsRefused(yaml);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\uD800", "\\0"})
  void aPathThatCannotBeIsRefused(String path, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("job.yml");
    Files.writeString(file, "data: {corpus: \"" + path + "\"}");

    assertThatThrownBy(() -> ConfigurationLoader.load(file, List.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("path");
  }

  private static void assertLoadsOrIsRefused(String yaml) {
    try {
      Configuration loaded = ConfigurationLoader.parse(yaml, "case.yml", List.of());
      assertThat(loaded).isNotNull();
    } catch (ConfigurationException e) {
      assertThat(e.problems()).isNotEmpty();
      assertThat(e.getMessage().lines()).allMatch(line -> line.startsWith("case.yml"));
    }
  }
}
