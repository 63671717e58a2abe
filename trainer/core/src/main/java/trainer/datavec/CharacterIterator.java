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
 * and labels [lanes, vocabulary, length]. Row b of one DataSet continues in row b of the next, so
 * the network must carry its hidden state over. The last DataSet of a pass may be shorter.
 *
 * <p>DataSets share no arrays, so prefetching in another thread is safe ({@link #asyncSupported});
 * {@link #position} then counts prefetched segments too. Otherwise not thread-safe.
 */
public final class CharacterIterator implements DataSetIterator {
  private static final long serialVersionUID = 1L;

  private final transient Lanes lanes;
  private final DataType dataType;
  private transient DataSetPreProcessor preProcessor;
  private long position;
  private transient Segment segment; // reused by nextSegment

  /** Iterates from the start of the lanes, with DataSets of type FLOAT. */
  public CharacterIterator(Lanes lanes) {
    this(lanes, DataType.FLOAT);
  }

  /**
   * Iterates from the start of the lanes.
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

  /** The lanes being read. */
  public Lanes lanes() {
    return lanes;
  }

  /** Index of the next segment; {@link #segments} at the end of the pass. */
  public long position() {
    return position;
  }

  /** Makes segment {@code k} the next, 0 to {@link #segments}. */
  public void seek(long k) {
    if (k < 0 || k > lanes.segments()) {
      throw new IndexOutOfBoundsException(
          "segment %d of a pass of %d".formatted(k, lanes.segments()));
    }
    position = k;
  }

  /** Number of segments in a whole pass. */
  public long segments() {
    return lanes.segments();
  }

  /**
   * The next segment of all lanes as character indices, for this program's engines. The next call
   * reuses its arrays.
   */
  public Segment nextSegment() {
    requireNext();
    int length = lanes.length(position);
    if (segment == null || segment.length() != length) {
      segment = new Segment(length, lanes.lanes());
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
   * The next segment of the first {@code count} lanes; the other lanes skip theirs.
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
   * @param characters [length, lanes]; the first {@code count} lanes are used
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
