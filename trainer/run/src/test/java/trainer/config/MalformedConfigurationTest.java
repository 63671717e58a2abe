package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The messages for every configuration of malformed.txt. */
class MalformedConfigurationTest {

  static List<MalformedConfiguration> all() {
    return MalformedConfiguration.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void reportsExactlyTheMistakes(MalformedConfiguration malformed) {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                ConfigurationLoader.parse(
                    malformed.yaml(), MalformedConfiguration.FILE, malformed.overrides()));

    assertThat(refused.getMessage()).isEqualTo(String.join("\n", malformed.messages()));
  }

  @Test
  void coversManyMistakesEachOnce() {
    assertThat(all()).hasSizeGreaterThan(120);
    assertThat(all()).extracting(MalformedConfiguration::title).doesNotHaveDuplicates();
    assertThat(all()).allSatisfy(malformed -> assertThat(malformed.messages()).isNotEmpty());
  }

  @Test
  void aProblemCarriesItsParts() {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                ConfigurationLoader.parse(
                    "data: {corpus: a.txt}\nseed: 4.5\n", "x.yml", List.of("training.epochs=0")));

    assertThat(refused.problems()).hasSize(2);
    assertThat(refused.problems().get(0))
        .satisfies(
            problem -> {
              assertThat(problem.file()).isEqualTo("x.yml");
              assertThat(problem.line()).isEqualTo(2);
              assertThat(problem.key()).isEqualTo("seed");
              assertThat(problem.value()).isEqualTo("4.5");
              assertThat(problem.message()).isEqualTo("must be a whole number, not 4.5");
            });
    assertThat(refused.problems().get(1))
        .satisfies(
            problem -> {
              assertThat(problem.file()).isEqualTo("--set training.epochs=0");
              assertThat(problem.line()).isZero();
              assertThat(problem.key()).isEqualTo("training.epochs");
              assertThat(problem.value()).isEqualTo("0");
            });
  }
}
