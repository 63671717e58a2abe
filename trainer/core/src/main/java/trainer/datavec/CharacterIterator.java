package trainer.datavec;

import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import trainer.text.Lanes;
import trainer.text.Segment;
import trainer.text.Vocabulary;

/**
 * One pass over {@link Lanes}, segment by segment, for DL4J: one-hot {@link DataSet}s with features
 * and labels [lanes, vocabulary, length]. Row b of one DataSet goes on in row b of the next: a
 * network that reads them must carry its state over.
 *
 * <p>Each DataSet has arrays of its own and depends only on how many came before it, so reading
 * ahead in another thread is safe ({@link #asyncSupported}). {@link #position} counts what was
 * handed out: who reads ahead must count by itself what was used. Otherwise for one thread at a
 * time.
 */
public final class CharacterIterator implements DataSetIterator {
  private static final long serialVersionUID = 1L;

  private final transient Lanes lanes;
  private final DataType dataType;
  private transient DataSetPreProcessor preProcessor;
  private long position;
  private transient Segment segment; // reused by nextSegment

  /** An iterator at the start of the lanes whose DataSets are of type FLOAT. */
  public CharacterIterator(Lanes lanes) {
    this(lanes, DataType.FLOAT);
  }

  /**
   * An iterator at the start of the lanes.
   *
   * @param dataType of features and labels, a floating-point type
   */
  public CharacterIterator(Lanes lanes, DataType dataType) {
    if (!dataType.isFPType()) {
      throw new IllegalArgumentException(
          "one-hot features are floating-point, not %s".formatted(dataType));
    }
    this.lanes = lanes;
    this.dataType = dataType;
  }

  /** What is iterated over. */
  public Lanes lanes() {
    return lanes;
  }

  /** The segment that comes next, from 0; the number of segments at the end of the pass. */
  public long position() {
    return position;
  }

  /** Makes segment {@code k} the next; the number of segments is the end of the pass. */
  public void seek(long k) {
    if (k < 0 || k > lanes.segments()) {
      throw new IndexOutOfBoundsException(
          "segment %d of a pass of %d".formatted(k, lanes.segments()));
    }
    position = k;
  }

  /** Segments of a whole pass. */
  public long segments() {
    return lanes.segments();
  }

  /**
   * The next segment of all lanes as indices, for engines of this program; the next call reuses its
   * arrays.
   */
  public Segment nextSegment() {
    requireNext();
    if (segment == null) {
      segment = new Segment(lanes.length(), lanes.lanes());
    }
    lanes.read(position++, segment);
    return segment;
  }

  @Override
  public boolean hasNext() {
    return position < lanes.segments();
  }

  /** The next segment of all lanes. */
  @Override
  public DataSet next() {
    return next(lanes.lanes());
  }

  /**
   * The next segment of the first {@code count} lanes; the other lanes move on unread.
   *
   * @param count 1 to {@link #batch}
   */
  @Override
  public DataSet next(int count) {
    if (count < 1 || count > lanes.lanes()) {
      throw new IllegalArgumentException(
          "%d lanes asked for; there are %d".formatted(count, lanes.lanes()));
    }
    requireNext();
    Segment next = lanes.read(position++);
    DataSet data =
        new DataSet(oneHot(next.inputs(), next, count), oneHot(next.targets(), next, count));
    if (preProcessor != null) {
      preProcessor.preProcess(data);
    }
    return data;
  }

  private void requireNext() {
    if (!hasNext()) {
      throw new NoSuchElementException(
          "the pass over the %s split is over; reset() starts another"
              .formatted(lanes.split().name()));
    }
  }

  /**
   * @param characters [length, lanes], of which the first {@code count} lanes are taken
   * @return [count, vocabulary, length]
   */
  private INDArray oneHot(int[] characters, Segment read, int count) {
    int length = read.length();
    int vocabulary = inputColumns();
    INDArray array = Nd4j.create(dataType, count, vocabulary, length);
    for (int lane = 0; lane < count; lane++) {
      for (int step = 0; step < length; step++) {
        int character = characters[step * read.lanes() + lane];
        array.data().put(((long) lane * vocabulary + character) * length + step, 1);
      }
    }
    return array;
  }

  /** The size of the vocabulary. */
  @Override
  public int inputColumns() {
    return lanes.text().vocabulary().size();
  }

  /** The size of the vocabulary. */
  @Override
  public int totalOutcomes() {
    return inputColumns();
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  /** True: see the class. */
  @Override
  public boolean asyncSupported() {
    return true;
  }

  /** Back to the first segment. */
  @Override
  public void reset() {
    position = 0;
  }

  /** Number of lanes. */
  @Override
  public int batch() {
    return lanes.lanes();
  }

  @Override
  public void setPreProcessor(DataSetPreProcessor preProcessor) {
    this.preProcessor = preProcessor;
  }

  @Override
  public DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }

  /** The characters in index order. */
  @Override
  public List<String> getLabels() {
    Vocabulary vocabulary = lanes.text().vocabulary();
    return IntStream.range(0, vocabulary.size()).mapToObj(vocabulary::character).toList();
  }

  private void writeObject(ObjectOutputStream out) throws NotSerializableException {
    throw new NotSerializableException(
        "CharacterIterator reads a mapped file; open the corpus where it is read");
  }
}
