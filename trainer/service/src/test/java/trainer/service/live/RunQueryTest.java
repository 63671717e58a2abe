package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunQueryTest {
  private static final RunQuery.Subject RUN =
      new RunQuery.Subject() {
        @Override
        public boolean has(String word) {
          return "first-12345678 a good one".contains(word);
        }

        @Override
        public List<String> values(String key) {
          return Map.of("rate", List.of("0.005"), "type", List.of("lstm", "GRU"))
              .getOrDefault(key, List.of());
        }
      };

  @ParameterizedTest
  @CsvSource({
    "'', true",
    "FIRST, true",
    "second, false",
    "'first good', true",
    "'first bad', false",
    "'\"good one\"', true",
    "'\"one good\"', false",
    "rate<0.01, true",
    "'rate < 0.01', true",
    "'rate < 5e-3', false",
    "'rate <= 5e-3', true",
    "'rate > 0.001 rate < 0.01 first', true",
    "'rate = 0.0050', true",
    "rate!=0.005, false",
    "type=gru, true",
    "type!=gru, false",
    "type!=rnn, true",
    "'type = \"lstm\"', true",
    "unknown=1, false",
    "unknown!=1, false",
  })
  void wordsAndComparisonsAllApply(String query, boolean found) {
    assertThat(RunQuery.parse(query).matches(RUN)).isEqualTo(found);
  }

  @Test
  void wordsAreNotOrdered() {
    assertThatThrownBy(() -> RunQuery.parse("type < lstm"))
        .hasMessageContaining("'type < lstm': must compare with a number");
  }
}
