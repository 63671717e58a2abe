package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;

/** The lowest layer is of each cell; the highest is another size. */
final class ExtendedVocabularyTest {
  private static final int BEFORE = 5;
  private static final int AFTER = 8;
  private static final int STEPS = 40;

  private static Configuration configuration(CellType cell) {
    return Networks.configuration(1, STEPS, new Layer(cell, 7, 0), new Layer(CellType.LSTM, 6, 0));
  }

  private static CharacterNetwork network(CellType cell, int vocabulary) {
    return Networks.nd4j(configuration(cell), vocabulary, DataType.DOUBLE);
  }

  private static ExtendedVocabulary extension(CellType cell) {
    Configuration of = configuration(cell);
    return new ExtendedVocabulary(of.model(), of.training().optimizer(), BEFORE, AFTER);
  }

  /** Large weights: probabilities from near 0 to near 1. */
  private static INDArray trained(CharacterNetwork network) {
    Nd4j.getRandom().setSeed(5);
    return Nd4j.randn(DataType.DOUBLE, 1, network.numParams()).muli(1.5);
  }

  /** Probabilities after each character of a text of old characters, [1, V, steps]. */
  private static INDArray probabilities(CharacterNetwork network, int vocabulary) {
    INDArray text = Nd4j.zeros(DataType.DOUBLE, 1, vocabulary, STEPS);
    for (int t = 0; t < STEPS; t++) {
      text.putScalar(0, (t * t + t / 3) % BEFORE, t, 1);
    }
    return network.output(text);
  }

  @ParameterizedTest
  @EnumSource(CellType.class)
  void oldCharactersKeepTheirRatiosAndLoseLessThanAThousandth(CellType cell) {
    try (CharacterNetwork old = network(cell, BEFORE);
        CharacterNetwork larger = network(cell, AFTER)) {
      old.setParams(trained(old));
      Numbers extended =
          extension(cell).parameters(Numbers.of(old.params()), Numbers.of(larger.params()));
      larger.setParams(extended.like(larger.params()));
      INDArray before = probabilities(old, BEFORE);
      INDArray after = probabilities(larger, AFTER);

      double least = 1;
      for (int t = 0; t < STEPS; t++) {
        double added = 0;
        for (int c = BEFORE; c < AFTER; c++) {
          added += after.getDouble(0, c, t);
        }
        for (int c = 0; c < BEFORE; c++) {
          // Equal logits: softmax divides by the same larger sum.
          double ratio = after.getDouble(0, c, t) / before.getDouble(0, c, t);
          assertThat(ratio).isCloseTo(1 - added, within(1e-12));
          least = Math.min(least, ratio);
        }
        assertThat(added).isBetween(0.0, ExtendedVocabulary.SHARE);
      }
      assertThat(least).isBetween(1 - ExtendedVocabulary.SHARE, 1.0);
    }
  }

  @ParameterizedTest
  @EnumSource(CellType.class)
  void everyOldEntryHasItsPlaceAndMomentsOfNewOnesAreZero(CellType cell) {
    try (CharacterNetwork old = network(cell, BEFORE);
        CharacterNetwork larger = network(cell, AFTER)) {
      int before = Math.toIntExact(old.numParams());
      int after = Math.toIntExact(larger.numParams());
      INDArray moments = Nd4j.arange(1, 2 * before + 1).castTo(DataType.DOUBLE).reshape(1, -1);
      INDArray extended = Nd4j.zeros(DataType.DOUBLE, 1, 2L * after);
      extended.assign(extension(cell).moments(Numbers.of(moments)).like(extended));
      for (int moment = 0; moment < 2; moment++) {
        old.setParams(part(moments, moment * before, before));
        larger.setParams(part(extended, moment * after, after));
        Map<String, INDArray> found = NamedParameters.of(larger);
        NamedParameters.of(old)
            .forEach(
                (name, entries) -> {
                  INDArray here = found.get(name);
                  INDArray kept = here.get(upTo(entries, 0), upTo(entries, 1));
                  assertThat(kept.toDoubleMatrix())
                      .as(name)
                      .isDeepEqualTo(entries.toDoubleMatrix());
                  // All that is not an old entry is zero.
                  assertThat(here.sumNumber().doubleValue())
                      .as(name)
                      .isEqualTo(entries.sumNumber().doubleValue());
                });
      }
    }
  }

  private static INDArray part(INDArray row, int from, int length) {
    return row.get(NDArrayIndex.all(), NDArrayIndex.interval(from, from + length)).dup();
  }

  private static org.nd4j.linalg.indexing.INDArrayIndex upTo(INDArray array, int dimension) {
    return NDArrayIndex.interval(0, array.size(dimension));
  }
}
