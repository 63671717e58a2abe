package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.Seeds;
import trainer.config.Training.Remainder;

final class LanesTest {
  /** 26 letters in seeded random order, so that a wrong offset shows. */
  private static final EncodedText LETTERS = Texts.encoded(letters(5000));

  private static String letters(int count) {
    return new Random(1)
        .ints(count, 'a', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @Seeds(300)
  void everyElementIsTheCharacterAtItsPlace(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    everyElementIsTheCharacterAtItsPlace(
        random.nextInt(2, 2001),
        random.nextInt(2, 2001),
        random.nextInt(1, 41),
        random.nextInt(1, 71));
  }

  @ParameterizedTest
  @CsvSource({
    "2, 2, 1, 1",
    "2000, 2000, 1, 1",
    "2000, 2801, 40, 70",
    "2, 2000, 40, 1",
    "2, 41, 40, 1",
    "2, 42, 40, 1"
  })
  void everyElementIsTheCharacterAtItsPlace(int from, int characters, int batch, int most) {
    long laneLength = (characters - 1L) / batch;
    assumeTrue(laneLength > 0);
    int length = (int) Math.min(most, laneLength);
    Split split = new Split("training", from, from + characters);
    Lanes lanes = Lanes.training(LETTERS, split, batch, length);
    assertThat(lanes.laneLength()).isEqualTo(laneLength);

    long read = 0;
    for (long k = 0; k < lanes.segments(); k++) {
      Segment segment = lanes.read(k);
      assertThat(segment.length()).isEqualTo(lanes.length(k)).isBetween(1, length);
      for (int t = 0; t < segment.length(); t++) {
        for (int b = 0; b < lanes.lanes(); b++) {
          long position = from + b * laneLength + k * length + t;
          assertThat(segment.inputs()[t * lanes.lanes() + b]).isEqualTo(LETTERS.at(position));
          assertThat(segment.targets()[t * lanes.lanes() + b]).isEqualTo(LETTERS.at(position + 1));
        }
      }
      read += segment.characters();
    }
    assertThat(read).isEqualTo(lanes.characters()).isPositive();
  }

  @Seeds(200)
  void trainingReadsTheRestInAShorterSegmentOrLeavesIt(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    trainingReadsTheRestInAShorterSegmentOrLeavesIt(
        random.nextInt(1, 21), random.nextInt(1, 51), random.nextInt(901));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0", "1, 50, 0", "20, 50, 0", "20, 1, 19", "20, 1, 20", "1, 1, 900"})
  void trainingReadsTheRestInAShorterSegmentOrLeavesIt(int batch, int length, int more) {
    int characters = batch * length + 1 + more;
    Split split = new Split("training", 0, characters);
    int laneLength = (characters - 1) / batch;

    Lanes all = Lanes.training(LETTERS, split, batch, length);
    assertThat(all.lanes()).isEqualTo(batch);
    assertThat(all.segments()).isEqualTo((laneLength + length - 1) / length);
    assertThat(all.length(all.segments() - 1)).isEqualTo((laneLength - 1) % length + 1);
    assertThat(all.characters()).isEqualTo((long) laneLength * batch);
    assertThat(all.unread()).isEqualTo((characters - 1) % batch);

    Lanes whole = Lanes.training(LETTERS, split, batch, length, Remainder.DROP);
    assertThat(whole.lanes()).isEqualTo(batch);
    assertThat(whole.segments()).isEqualTo(laneLength / length).isPositive();
    assertThat(whole.length(whole.segments() - 1)).isEqualTo(length);
    assertThat(whole.characters()).isEqualTo(whole.segments() * length * batch);
    assertThat(whole.unread()).isEqualTo(characters - 1 - whole.characters());
  }

  @Test
  void lanesContinueFromSegmentToSegment() {
    Lanes lanes = Lanes.training(LETTERS, new Split("training", 0, 1000), 7, 13);
    for (long k = 1; k < lanes.segments(); k++) {
      Segment before = lanes.read(k - 1);
      Segment after = lanes.read(k);
      for (int b = 0; b < 7; b++) {
        assertThat(after.inputs()[b]).isEqualTo(before.targets()[12 * 7 + b]);
        assertThat(lanes.position(b, k)).isEqualTo(lanes.position(b, k - 1) + 13);
      }
    }
  }

  @Test
  void readFillsTheGivenSegment() {
    Lanes lanes = Lanes.training(LETTERS, new Split("training", 10, 500), 4, 8);
    Segment segment = new Segment(8, 4);
    lanes.read(3, segment);

    assertThat(segment.inputs()).isEqualTo(lanes.read(3).inputs());
    assertThat(segment.targets()).isEqualTo(lanes.read(3).targets());
  }

  @Test
  void aSegmentOfAnotherShapeIsRefused() {
    Lanes lanes = Lanes.training(LETTERS, new Split("training", 0, 500), 4, 8);
    assertThatThrownBy(() -> lanes.read(0, new Segment(8, 5)))
        .hasMessage("segment 0 has 8 characters of 4 lanes; it does not fit into 8 of 5");
    assertThatThrownBy(() -> lanes.read(lanes.segments()))
        .hasMessage("segment 16 of the training split, which has 16");
    assertThatThrownBy(() -> lanes.read(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aTrainingSplitShorterThanOneSegmentIsRefused() {
    assertThatThrownBy(() -> Lanes.training(LETTERS, new Split("training", 0, 4096), 64, 64))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "the training split has 4,096 characters; 64 lanes (training.batch_size) of one segment"
                + " of 64 characters (training.sequence_length) need 4,097; set training.batch_size:"
                + " 63, or use a longer corpus");
    assertThat(Lanes.training(LETTERS, new Split("training", 0, 4097), 64, 64).segments())
        .isEqualTo(1);
  }

  /** What the message advises is accepted. */
  @ParameterizedTest
  @CsvSource({
    "100, 64, 16, 'training.batch_size: 6,'",
    "100, 64, 99, 'training.batch_size: 1,'",
    "100, 64, 200, 'training.sequence_length: 1,'",
    "100, 200, 200, 'need 40,001; lower both, or use'",
    "2, 3, 3, 'need 10; lower both, or use'",
    "1, 1, 1, 'need 2; use a longer corpus'"
  })
  void valuesThatFitAreAdvised(int characters, int lanes, int length, String advice) {
    Split split = new Split("training", 0, characters);
    assertThatThrownBy(() -> Lanes.training(LETTERS, split, lanes, length))
        .hasMessageContaining(advice);
    int fittingLanes = advised(advice, "batch_size", lanes);
    int fittingLength = advised(advice, "sequence_length", length);
    if (advice.contains(": ")) {
      assertThat(Lanes.training(LETTERS, split, fittingLanes, fittingLength).segments())
          .isPositive();
    }
  }

  private static int advised(String advice, String key, int otherwise) {
    Matcher value = Pattern.compile(key + ": (\\d+)").matcher(advice);
    return value.find() ? Integer.parseInt(value.group(1)) : otherwise;
  }

  @Test
  void lanesBeyondTwoBillionCharactersAreComputedInLong() {
    Split split = new Split("training", 0, 5_000_000_000L);
    Lanes lanes = Lanes.training(LETTERS, split, 100, 64);
    assertThat(lanes.position(99, 781_249)).isEqualTo(99L * 49_999_999 + 781_249L * 64);
  }
}
