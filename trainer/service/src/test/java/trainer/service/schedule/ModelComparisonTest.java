package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import trainer.service.registry.ModelVersion;
import trainer.service.schedule.Evaluation.Score;

final class ModelComparisonTest {
  private static ModelVersion version(int number) {
    return new ModelVersion(
        "m",
        number,
        "m-00000000",
        "s",
        1,
        null,
        null,
        null,
        "anna",
        Instant.EPOCH,
        null,
        false,
        false);
  }

  private static Score score(double loss, long unknown) {
    return new Score(loss, 2000, unknown, "sha", 3.0);
  }

  private static ModelComparison of(double margin, Score champion, Score challenger) {
    return new ModelComparison(
        "h.txt", margin, champion == null ? null : version(1), champion, version(2), challenger);
  }

  @Test
  void theLowerLossWinsByMoreThanTheMargin() {
    ModelComparison better = of(0.25, score(2.5, 0), score(2, 0));
    assertThat(better.promotes()).isTrue();
    assertThat(better.reason())
        .isEqualTo(
            "on 'h.txt', version 2 has 2.0000 nats per character; the champion, version 1, has"
                + " 2.5000");
    assertThat(better.figures())
        .isEqualTo(
            "{\"text\":\"h.txt\",\"sha256\":\"sha\",\"margin\":0.25,"
                + "\"champion\":{\"version\":1,\"nats_per_character\":2.5,\"characters\":2000,"
                + "\"unknown_characters\":0},"
                + "\"challenger\":{\"version\":2,\"nats_per_character\":2.0,\"characters\":2000,"
                + "\"unknown_characters\":0},\"unigram_nats_per_character\":3.0}");
    ModelComparison asGood = of(0.5, score(2.5, 0), score(2, 0));
    assertThat(asGood.promotes()).isFalse();
    assertThat(asGood.reason()).endsWith(": not better by more than 0.5 nats");
  }

  @Test
  void aLossThatIsNoNumberNeverWinsAndAlwaysLoses() {
    for (double loss : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThat(of(0, score(2, 0), score(loss, 0)).promotes()).isFalse();
      assertThat(of(0, null, score(loss, 0)).promotes()).isFalse();
      assertThat(of(0, score(loss, 0), score(2, 0)).promotes()).isTrue();
    }
    assertThat(of(0, score(Double.NaN, 0), score(2, 0)).figures())
        .contains("\"version\":1,\"nats_per_character\":null");
  }

  @Test
  void theReasonSaysWhatEachCouldNotRead() {
    ModelComparison comparison = of(0, score(4, 300), score(2, 200));
    assertThat(comparison.promotes()).isTrue();
    assertThat(comparison.reason())
        .endsWith("; of 2,000 characters, version 2 does not know 200, version 1 300");
    ModelComparison blind = of(0, score(4, 300), score(2, 201));
    assertThat(blind.promotes()).isFalse();
    assertThat(blind.reason())
        .endsWith(": version 2 does not know more than 10 % of the characters");
  }

  @Test
  void aFirstVersionMustBeBetterThanCounting() {
    ModelComparison first = of(0, null, score(2.9, 0));
    assertThat(first.promotes()).isTrue();
    assertThat(first.reason()).endsWith("2.9000 nats per character; there was no champion");
    ModelComparison worse = of(0, null, score(3, 0));
    assertThat(worse.promotes()).isFalse();
    assertThat(worse.reason())
        .endsWith(
            "; there was no champion: not better than unigram counts, 3.0000: train longer, or"
                + " promote it with 'promote m@2'");
  }

  @Test
  void aShortTextDecidesWithAWarning() {
    Score better = new Score(1, 999, 0, "sha", null);
    Score worse = new Score(2, 999, 0, "sha", null);
    ModelComparison comparison = of(0, worse, better);
    assertThat(comparison.promotes()).isTrue();
    assertThat(comparison.reason())
        .endsWith("; a text of only 999 characters decided: name a longer one as held_out");
  }

  @Test
  void lossesOnDifferentTextsAreNotCompared() {
    for (Score other :
        new Score[] {new Score(1, 2000, 0, "other", 3.0), new Score(1, 1999, 0, "sha", 3.0)}) {
      assertThatThrownBy(() -> of(0, score(2, 0), other))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
