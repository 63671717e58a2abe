package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EvaluationLanesTest {
  /** 26 letters in seeded random order, so that a wrong offset shows. */
  private static final EncodedText LETTERS = Texts.encoded(letters(300_000));

  private static String letters(int count) {
    return new Random(1)
        .ints(count, 'a', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** The state of a lane is that of consecutive characters before its first target. */
  @ParameterizedTest
  @CsvSource({
    "0, 2",
    "7, 3",
    "0, 33",
    "0, 34",
    "3, 12507",
    "0, 8192",
    "0, 8193",
    "0, 8194",
    "500, 12289",
    "1, 16384",
    "1, 16386",
    "0, 111540",
    "0, 300000",
    "11, 281023"
  })
  void everyCharacterButTheFirstIsATargetOnceAfterItsWarmUp(int from, int characters) {
    EvaluationLanes lanes =
        new EvaluationLanes(LETTERS, new Split("validation", from, from + characters));
    int[] scored = new int[from + characters];
    int[] expected = new int[from + characters];
    for (int i = from + 1; i < expected.length; i++) {
      expected[i] = 1;
    }
    for (int lane = 0; lane < lanes.lanes(); lane++) {
      int position = (int) lanes.position(lane);
      int read = 0;
      for (long k = 0; k < lanes.segments(); k++) {
        Segment segment = lanes.read(k);
        assertThat(segment.lanes()).isEqualTo(lanes.lanes());
        assertThat(segment.length()).isBetween(1, EvaluationLanes.LENGTH);
        for (int t = 0; t < segment.length(); t++) {
          int target = segment.targets()[t * lanes.lanes() + lane];
          if (target != Segment.NOT_SCORED) {
            assertThat(lane == 0 || read >= EvaluationLanes.WARM_UP).isTrue();
            assertThat(segment.inputs()[t * lanes.lanes() + lane]).isEqualTo(LETTERS.at(position));
            assertThat(target).isEqualTo(LETTERS.at(position + 1));
            scored[position + 1]++;
          } else if (position < from + characters - 1) {
            assertThat(segment.inputs()[t * lanes.lanes() + lane]).isEqualTo(LETTERS.at(position));
          }
          position++;
          read++;
        }
      }
    }
    assertThat(scored).isEqualTo(expected);
  }

  @Test
  void aLaneScoresAtLeastEightTimesItsWarmUp() {
    assertThat(lanes(2)).isEqualTo(1);
    assertThat(lanes(2 * 4096)).isEqualTo(1);
    assertThat(lanes(2 * 4096 + 1)).isEqualTo(2);
    assertThat(lanes(111_540)).isEqualTo(27);
    assertThat(lanes(64 * 4096 + 1)).isEqualTo(64);
    assertThat(lanes(5_000_000_000L)).isEqualTo(64);
  }

  @Test
  void aLaneEndsWhereTheNextIsWarm() {
    EvaluationLanes lanes = new EvaluationLanes(LETTERS, new Split("validation", 5, 50_000));
    long window = lanes.position(1) + EvaluationLanes.WARM_UP - lanes.position(0);
    assertThat(EvaluationLanes.WARM_UP % EvaluationLanes.LENGTH).isZero();
    assertThat(lanes.segments())
        .isEqualTo((window + EvaluationLanes.LENGTH - 1) / EvaluationLanes.LENGTH);
    assertThat(lanes.read(lanes.segments() - 1).length())
        .isEqualTo((int) ((window - 1) % EvaluationLanes.LENGTH + 1));
  }

  @Test
  void anotherSplitInOneLaneHasTheSameTargets() {
    EvaluationLanes lanes = new EvaluationLanes(LETTERS, new Split("validation", 5, 50_000));
    assertThat(lanes.lanes()).isGreaterThan(1);
    assertThat(lanes.inOne().lanes()).isEqualTo(1);
    assertThat(lanes.inOne().unknown()).isEqualTo(lanes.unknown());
  }

  private static int lanes(long characters) {
    return new EvaluationLanes(LETTERS, new Split("validation", 0, characters)).lanes();
  }

  @Test
  void aSplitOfOneCharacterIsRefused() {
    assertThatThrownBy(() -> new EvaluationLanes(LETTERS, new Split("test", 7, 8)))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "the test split has 1 characters; measuring a loss needs at least 2: enlarge its part"
                + " in data.split, or use a longer corpus");
  }
}
