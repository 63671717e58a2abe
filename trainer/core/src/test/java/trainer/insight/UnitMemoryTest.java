package trainer.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** What units follow. */
final class UnitMemoryTest {
  private static final String TEXT =
      """
      FIRST LORD:
        Say "what" you (will) say.
        The Moon is up, and
      "Rise" says the king.

      """
          .repeat(6);

  /** A unit that adds 0.01 at each character and forgets at a line end is found, and its word. */
  @Test
  void aUnitThatCountsItsPositionComesFirst() {
    Vocabulary vocabulary = Vocabulary.of(TEXT);
    int size = 3;
    double[] parameters =
        new Random(5)
            .doubles(
                4L * size * (vocabulary.size() + size + 1) + (long) (size + 1) * vocabulary.size(),
                -0.5,
                0.5)
            .toArray();
    NetworkWeights weights =
        NetworkWeights.of(
            List.of(new Layer(CellType.LSTM, size, 0)), vocabulary.size(), parameters);
    LayerWeights layer = weights.layers().get(0);
    int unit = 1;
    List<String> gates = layer.layout().gates();
    for (String gate : gates) {
      int column = gates.indexOf(gate) * size + unit;
      for (int i = 0; i < vocabulary.size(); i++) {
        layer.input()[i][column] = 0;
      }
      for (int i = 0; i < size; i++) {
        layer.recurrent()[i][column] = 0;
      }
      boolean candidate = "cell".equals(gate);
      layer.bias()[column] = candidate ? 0.01 : 20; // open
      if (!candidate) {
        layer.input()[vocabulary.index('\n')][column] = -40; // shut
      }
    }
    int[] codePoints = TEXT.codePoints().toArray();
    Memories memories = Memories.of(weights, vocabulary.encode(TEXT), new StopSignal());

    List<UnitMemory> ranked = UnitMemory.ranked(memories, codePoints);

    assertThat(ranked).hasSize(2 * size);
    UnitMemory first = ranked.get(0);
    assertThat(first.unit()).isEqualTo(unit);
    assertThat(first.state()).isEqualTo("cell");
    assertThat(first.follows()).isEqualTo(Feature.LINE_POSITION);
    assertThat(first.correlation()).isGreaterThan(0.8); // it is 0 at line ends, the last positions
    Map<Integer, Double> profile = first.profile(memories, codePoints);
    assertThat(profile.get(1) / Math.tanh(0.01))
        .isCloseTo(4.0 / 5, within(1e-6)); // one line in 5 is blank
    GateUse forget = GateUse.of(memories).get(0);
    assertThat(forget.gate()).isEqualTo("forget");
    long lineEnds = TEXT.chars().filter(c -> c == '\n').count();
    assertThat(forget.shut()[unit]).isCloseTo((double) lineEnds / TEXT.length(), within(1e-12));
    assertThat(forget.open()[unit]).isCloseTo(1 - forget.shut()[unit], within(1e-12));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          LINE_POSITION | a\\nbc\\n      | 12123
          QUOTES        | a"b"c“d”       | 01100110
          QUOTES        | "a\\n\\nb      | 11100
          BRACKETS      | (a[b)c]d       | 11111100
          UPPER_CASE    | aBÉ1           | 0110
          WORD_BOUNDARY | a b's, 1       | 01000110
          INDENTATION   | `  a b\\n\\tc` | 12222211
          SPEAKER       | hi\\nA Lord:\\nB: no | 0001111111000000
          """)
  void featuresAreThoseOfTheTextSoFar(Feature feature, String text, String expected) {
    double[] values =
        feature.along(text.replace("\\n", "\n").replace("\\t", "\t").codePoints().toArray());
    StringBuilder digits = new StringBuilder();
    for (double value : values) {
      digits.append((int) value);
    }
    assertThat(digits.toString()).isEqualTo(expected);
  }

  @Test
  void aFeatureThatNeverChangesIsLeftOut() {
    Reference reference = new Reference(3, new Layer(CellType.GRU, 4, 0));
    int[] text = {0, 1, 2, 1, 0, 2};
    Memories memories = Memories.of(reference.weights, text, new StopSignal());

    List<UnitMemory> ranked = UnitMemory.ranked(memories, "a b ab".codePoints().toArray());

    assertThat(ranked).hasSize(4);
    assertThat(ranked.get(0).correlations())
        .containsOnlyKeys(Feature.LINE_POSITION, Feature.WORD_BOUNDARY);
  }
}
