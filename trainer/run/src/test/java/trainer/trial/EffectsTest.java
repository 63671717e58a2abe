package trainer.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.trial.Effects.Group;
import trainer.trial.Effects.Importance;
import trainer.trial.Effects.Measured;

class EffectsTest {
  private static final double ROUNDING = 1e-12;

  private static double share(List<Measured> trials, int key) {
    return Effects.importance(trials).get(key).share();
  }

  /** Losses 1, 2, 4, 5: variance 2.5 = 2.25 (rate) + 0.25 (size), by hand. */
  @Test
  void onAFullGridTheSharesAreMainEffects() {
    List<Measured> grid =
        List.of(
            new Measured(List.of("rate=a", "size=1", "seed=1"), 1),
            new Measured(List.of("rate=a", "size=2", "seed=1"), 2),
            new Measured(List.of("rate=b", "size=1", "seed=1"), 4),
            new Measured(List.of("rate=b", "size=2", "seed=1"), 5));
    assertThat(Effects.importance(grid))
        .extracting(Importance::key)
        .containsExactly("rate", "size", "seed");
    assertThat(share(grid, 0)).isCloseTo(0.9, within(ROUNDING));
    assertThat(share(grid, 1)).isCloseTo(0.1, within(ROUNDING));
    assertThat(share(grid, 2)).isZero();
    assertThat(Effects.importance(grid).get(0).byChance()).isCloseTo(1 / 3.0, within(ROUNDING));
  }

  /** Eight rates from 1e-4 to 1, each below the next: of four parts of two, means -3, -1, 1, 3. */
  @Test
  void manyNumbersAreCutIntoPartsOfTheirLogarithm() {
    List<Measured> drawn = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      drawn.add(new Measured(List.of("rate=" + Math.pow(10, -4 + 4 * i / 7.0)), 2 * (i / 2) - 3));
    }
    assertThat(share(drawn, 0)).isCloseTo(1, within(ROUNDING));
    assertThat(Effects.importance(drawn).get(0).byChance()).isCloseTo(3 / 7.0, within(ROUNDING));
  }

  @Test
  void nothingIsSaidOfOneTrialOrEqualLosses() {
    Measured one = new Measured(List.of("seed=1"), 2);
    assertThat(Effects.importance(List.of())).isEmpty();
    assertThat(Effects.importance(List.of(one))).isEmpty();
    assertThat(Effects.importance(List.of(one, one))).isEmpty();
  }

  @Test
  void trialsThatDifferInTheSeedAloneAreAGroup() {
    List<Measured> trials =
        List.of(
            new Measured(List.of("rate=a", "seed=1"), 1),
            new Measured(List.of("rate=b", "seed=1"), 5),
            new Measured(List.of("rate=a", "seed=2"), 3));
    assertThat(Effects.bySeed(trials))
        .containsExactly(
            new Group(List.of("rate=a"), 2, 2, Math.sqrt(2)),
            new Group(List.of("rate=b"), 1, 5, Double.NaN));
    assertThat(Effects.bySeed(List.of(new Measured(List.of("rate=a"), 1)))).isEmpty();
  }
}
