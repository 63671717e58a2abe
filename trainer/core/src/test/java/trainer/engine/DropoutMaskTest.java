package trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutMaskTest {
  private static final int ELEMENTS = 100_000;

  /** The first output of SplitMix64 with seed 0, as published. */
  @Test
  void theBitsAreThoseOfSplitMix64() {
    assertThat(DropoutMask.key(1, 0, 0)).isEqualTo(0xE220A8397B1DCDAFL);
  }

  /** A resumed run and every engine must draw these. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0, 01101101001000110111011111100000",
    "42, 7, 2, 11100011001001001010110100100001",
    "-1, 2147483647, 3, 01111101011000111110001000100010"
  })
  void theMasksNeverChange(long seed, int iteration, int layer, String expected) {
    long key = DropoutMask.key(seed, iteration, layer);
    String mask =
        IntStream.range(0, 32)
            .mapToObj(element -> DropoutMask.keep(key, element, 0.5) ? "1" : "0")
            .collect(Collectors.joining());
    assertThat(mask).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.5, 0.9, 0.999})
  void theGivenPartIsDropped(double probability) {
    long key = DropoutMask.key(3, 4, 5);
    long dropped =
        IntStream.range(0, ELEMENTS)
            .filter(element -> !DropoutMask.keep(key, element, probability))
            .count();
    double deviation = Math.sqrt(ELEMENTS * probability * (1 - probability));
    assertThat((double) dropped).isCloseTo(ELEMENTS * probability, within(4 * deviation));
  }

  @Test
  void aLargerProbabilityDropsMoreOfTheSameElements() {
    long key = DropoutMask.key(3, 4, 5);
    for (int element = 0; element < 1000; element++) {
      if (DropoutMask.keep(key, element, 0.6)) {
        assertThat(DropoutMask.keep(key, element, 0.2)).isTrue();
      }
    }
  }

  /** Independent masks of one half agree on one half of their elements. */
  @ParameterizedTest
  @CsvSource({"1, 0, 0", "0, 1, 0", "0, 0, 1", "0, 1, -1", "1, -1, 0", "0, 64, 0"})
  void masksOfOtherSeedsIterationsAndLayersAreIndependent(int seed, int iteration, int layer) {
    long key = DropoutMask.key(42, 100, 1);
    long other = DropoutMask.key(42 + seed, 100 + iteration, 1 + layer);
    assertHalfAgree(key, other, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 64, 256})
  void elementsOfOneMaskAreIndependent(int distance) {
    long key = DropoutMask.key(42, 100, 1);
    assertHalfAgree(key, key, distance);
  }

  private static void assertHalfAgree(long key, long other, int distance) {
    long agreeing =
        IntStream.range(0, ELEMENTS)
            .filter(
                element ->
                    DropoutMask.keep(key, element, 0.5)
                        == DropoutMask.keep(other, element + distance, 0.5))
            .count();
    assertThat((double) agreeing).isCloseTo(ELEMENTS / 2.0, within(4 * Math.sqrt(ELEMENTS / 4.0)));
  }
}
