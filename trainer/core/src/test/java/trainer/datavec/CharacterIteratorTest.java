package trainer.datavec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.AsyncDataSetIterator;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import trainer.text.EncodedText;
import trainer.text.Lanes;
import trainer.text.Segment;
import trainer.text.Split;
import trainer.text.Texts;

final class CharacterIteratorTest {
  private static final EncodedText TEXT =
      Texts.encoded(
          "the quick brown fox jumps over the lazy dog, and the dog dozes on. ".repeat(9));

  private static CharacterIterator iterator() {
    return new CharacterIterator(
        Lanes.training(TEXT, new Split("training", 3, TEXT.length()), 5, 7));
  }

  /** The index of the 1 in each column, [length, lanes]. */
  private static int[] indices(INDArray oneHot) {
    assertThat(oneHot.sumNumber().longValue()).isEqualTo(oneHot.size(0) * oneHot.size(2));
    assertThat(oneHot.sum(1).minNumber().doubleValue()).isEqualTo(1);
    return oneHot.argMax(1).transpose().dup('c').reshape(-1).toIntVector();
  }

  @Test
  void dataSetsAreTheSegmentsOneHot() {
    CharacterIterator iterator = iterator();
    int vocabulary = TEXT.vocabulary().size();
    long k = 0;
    while (iterator.hasNext()) {
      Segment expected = iterator.lanes().read(k++);
      DataSet data = iterator.next();
      assertThat(data.getFeatures().shape()).containsExactly(5, vocabulary, 7);
      assertThat(data.getFeatures().dataType()).isEqualTo(DataType.FLOAT);
      assertThat(indices(data.getFeatures())).isEqualTo(expected.inputs());
      assertThat(indices(data.getLabels())).isEqualTo(expected.targets());
      assertThat(iterator.position()).isEqualTo(k);
    }
    assertThat(k).isEqualTo(iterator.lanes().segments()).isGreaterThan(10);
    assertThatThrownBy(iterator::next)
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("the pass over the training split is over; reset() starts another");
  }

  @Test
  void nextWithACountGivesTheFirstLanes() {
    CharacterIterator iterator = iterator();
    DataSet some = iterator.next(2);
    Segment segment = iterator.lanes().read(0);
    int[] indices = indices(some.getLabels());
    for (int t = 0; t < 7; t++) {
      for (int b = 0; b < 2; b++) {
        assertThat(indices[t * 2 + b]).isEqualTo(segment.targets()[t * 5 + b]);
      }
    }
    assertThat(iterator.position()).isEqualTo(1);
    assertThatThrownBy(() -> iterator.next(6)).hasMessage("6 lanes asked for; there are 5");
    assertThatThrownBy(() -> iterator.next(0)).hasMessage("0 lanes asked for; there are 5");
  }

  @Test
  void describesItselfAsDl4jAsks() {
    DataSetIterator iterator = iterator();
    assertThat(iterator.batch()).isEqualTo(5);
    assertThat(iterator.inputColumns()).isEqualTo(TEXT.vocabulary().size());
    assertThat(iterator.totalOutcomes()).isEqualTo(TEXT.vocabulary().size());
    assertThat(iterator.resetSupported()).isTrue();
    assertThat(iterator.asyncSupported()).isTrue();
    assertThat(iterator.getLabels())
        .hasSize(TEXT.vocabulary().size())
        .startsWith(" ", ",", ".", "a");
    assertThatThrownBy(iterator::remove).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void resetStartsAgainAndSeekMovesAnywhere() {
    CharacterIterator iterator = iterator();
    DataSet first = iterator.next();
    iterator.next();
    DataSet third = iterator.next();

    iterator.reset();
    assertThat(iterator.next()).isEqualTo(first);
    iterator.seek(2);
    assertThat(iterator.next()).isEqualTo(third).isNotEqualTo(first);
    iterator.seek(iterator.lanes().segments());
    assertThat(iterator.hasNext()).isFalse();
    assertThatThrownBy(() -> iterator.seek(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> iterator.seek(iterator.lanes().segments() + 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void thePreProcessorSeesEveryDataSet() {
    CharacterIterator iterator = iterator();
    List<Object> seen = new ArrayList<>();
    iterator.setPreProcessor(seen::add);
    assertThat(iterator.getPreProcessor()).isNotNull();
    DataSet data = iterator.next();
    assertThat(seen).containsExactly(data);
  }

  @Test
  void readingAheadInAnotherThreadGivesTheSameData() {
    CharacterIterator expected = iterator();
    AsyncDataSetIterator ahead = new AsyncDataSetIterator(iterator(), 3);
    try {
      for (int pass = 0; pass < 2; pass++) {
        int read = 0;
        while (ahead.hasNext()) {
          DataSet data = ahead.next();
          Segment segment = expected.lanes().read(read++);
          assertThat(indices(data.getFeatures())).isEqualTo(segment.inputs());
          assertThat(indices(data.getLabels())).isEqualTo(segment.targets());
        }
        assertThat(read).isEqualTo(expected.lanes().segments());
        ahead.reset();
      }
    } finally {
      ahead.shutdown();
    }
  }

  @Test
  void saysWhyItCannotBeSerialized() throws Exception {
    try (ObjectOutputStream out = new ObjectOutputStream(new ByteArrayOutputStream())) {
      assertThatThrownBy(() -> out.writeObject(iterator()))
          .isInstanceOf(NotSerializableException.class)
          .hasMessageContaining("open the corpus where it is read");
    }
  }

  @Test
  void integerFeaturesAreRefused() {
    Lanes lanes = iterator().lanes();
    assertThatThrownBy(() -> new CharacterIterator(lanes, DataType.INT32))
        .hasMessage("one-hot features are floating-point, not INT");
  }
}
