package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Seeds;

/** A damaged configuration loads, or is refused with a message for each problem. */
class DamagedConfigurationTest {
  private static final String WHOLE =
      ConfigurationWriter.toYaml(
          ConfigurationLoader.parse("data: {corpus: a.txt}", "job.yml", List.of()));

  /** Characters with a meaning in YAML, and forbidden ones. */
  private static final String SPECIAL =
      "{}[]:,-#&*!|>'\"%@`?~ \n\t\\.0123456789abxoeE_=<\u0000\u0085\uFEFF\u00E9\uD83D";

  private static final List<String> KEYS =
      List.of(
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

  @Seeds(400)
  void isRefusedWithAMessageOrLoads(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int start = random.nextInt(WHOLE.length() + 1);
    int end = Math.min(start + random.nextInt(41), WHOLE.length());
    assertLoadsOrIsRefused(WHOLE.substring(0, start) + inserted(random) + WHOLE.substring(end));
  }

  @Test
  void anEmptyOrDoubledFileIsRefusedWithAMessage() {
    assertLoadsOrIsRefused("");
    assertLoadsOrIsRefused(WHOLE + WHOLE);
  }

  @Seeds(400)
  void aDamagedOverrideIsRefusedWithAMessageOrTaken(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    String key = KEYS.get(random.nextInt(KEYS.size()));
    assertIsRefusedOrTaken(key, inserted(random));
  }

  @Test
  void anEmptyOverrideIsRefusedWithAMessageOrTaken() {
    KEYS.forEach(key -> assertIsRefusedOrTaken(key, ""));
  }

  private static String inserted(SplittableRandom random) {
    return random
        .ints(random.nextInt(13), 0, SPECIAL.length())
        .map(SPECIAL::charAt)
        .collect(StringBuilder::new, (text, c) -> text.append((char) c), StringBuilder::append)
        .toString();
  }

  private static void assertIsRefusedOrTaken(String key, String value) {
    try {
      ConfigurationLoader.parse(WHOLE, "case.yml", List.of(key + "=" + value));
    } catch (ConfigurationException e) {
      // A share's override can break the sum, which is a problem of the file's list.
      assertThat(e.getMessage())
          .matches(
              message ->
                  message.startsWith("--set " + key)
                      || message.contains("data.split: must sum to 1"));
    }
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
        "seed: *\n",
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
