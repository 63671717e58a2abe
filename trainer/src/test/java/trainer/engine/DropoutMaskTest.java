package trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DropoutMaskTest {

  private static double kept(long key, double p) {
    int kept = 0;
    for (int e = 0; e < 100_000; e++) {
      kept += DropoutMask.keep(key, e, p) ? 1 : 0;
    }
    return kept / 100_000.0;
  }

  @Test
  void dropsTheShareAsked() {
    // The standard deviation of a share of 100,000 is at most 0.0016.
    assertThat(kept(DropoutMask.key(1, 2, 0), 0.3)).isCloseTo(0.7, within(0.007));
    assertThat(kept(DropoutMask.key(1, 2, 0), 0)).isEqualTo(1);
    assertThat(kept(DropoutMask.key(1, 2, 0), 0.99)).isCloseTo(0.01, within(0.002));
  }

  @Test
  void masksOfOtherSeedsIterationsAndLayersAreIndependent() {
    long[] keys = {
      DropoutMask.key(1, 2, 0),
      DropoutMask.key(2, 2, 0),
      DropoutMask.key(1, 3, 0),
      DropoutMask.key(1, 2, 1)
    };
    for (int i = 0; i < keys.length; i++) {
      for (int j = 0; j < i; j++) {
        int both = 0;
        for (int e = 0; e < 100_000; e++) {
          boolean first = DropoutMask.keep(keys[i], e, 0.5);
          both += first && DropoutMask.keep(keys[j], e, 0.5) ? 1 : 0;
        }
        assertThat(both / 100_000.0).isCloseTo(0.25, within(0.007));
      }
    }
  }
}
