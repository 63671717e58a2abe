package trainer.datavec;

import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.datavec.api.conf.Configuration;
import org.datavec.api.records.Record;
import org.datavec.api.records.SequenceRecord;
import org.datavec.api.records.metadata.RecordMetaData;
import org.datavec.api.records.metadata.RecordMetaDataInterval;
import org.datavec.api.records.reader.BaseRecordReader;
import org.datavec.api.records.reader.SequenceRecordReader;
import org.datavec.api.split.FileSplit;
import org.datavec.api.split.InputSplit;
import org.datavec.api.writable.IntWritable;
import org.datavec.api.writable.Writable;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.text.CodePointSink;
import trainer.text.Corpus;
import trainer.text.EncodedText;
import trainer.text.TextDecoder;
import trainer.text.TextException;
import trainer.text.Vocabulary;

/**
 * Reads text into DataVec pipelines. The files of the input split form one text; sequence k is its
 * characters k·length to (k+1)·length - 1, and each time step has two columns: the character's
 * index in the vocabulary and that of the next character, its target. So
 *
 * <pre>new SequenceRecordReaderDataSetIterator(reader, batch, reader.vocabulary().size(), 1)</pre>
 *
 * <p>yields DataSets with features [batch, 1, length] of indices, and one-hot labels. The last
 * sequence of the text may be shorter; in a batch, masks then mark the steps that it lacks.
 *
 * <p>As a plain record reader, a record is the indices of one whole sequence. Metadata are
 * intervals of characters in the text. The text is encoded in an unlinked temporary file, so it may
 * be larger than memory. A reader can be serialized; the copy must be initialized, and starts at
 * the beginning of the text.
 */
public final class CharacterSequenceRecordReader extends BaseRecordReader
    implements SequenceRecordReader {
  private static final long serialVersionUID = 1L;

  private final int length;
  private final Newlines newlines;
  private final Normalization normalization;
  private final int[] keptCodePoints; // of the given vocabulary; null: the text's own
  private transient Configuration configuration;
  private transient EncodedText text;
  private transient URI firstFile;
  private transient long position; // sequences read

  /**
   * Uses the text's own vocabulary, reads CR LF and CR as LF, and does not normalize.
   *
   * @param length characters per sequence
   */
  public CharacterSequenceRecordReader(int length) {
    this(length, null, Newlines.LF, Normalization.NONE);
  }

  /**
   * A reader that {@link #initialize(InputSplit)} opens.
   *
   * @param length characters per sequence
   * @param vocabulary must have every character of the text; null: the text's own
   */
  public CharacterSequenceRecordReader(
      int length, Vocabulary vocabulary, Newlines newlines, Normalization normalization) {
    if (length < 1) {
      throw new IllegalArgumentException(
          "length %d: a sequence has at least one character".formatted(length));
    }
    this.length = length;
    this.keptCodePoints = vocabulary == null ? null : vocabulary.codePoints();
    this.newlines = newlines;
    this.normalization = normalization;
  }

  /**
   * Encodes the files of the split.
   *
   * @throws TextException if a file is missing, is not UTF-8 or has characters outside the
   *     vocabulary, or the text is too short for one sequence
   */
  @Override
  public void initialize(InputSplit split) throws IOException, InterruptedException {
    // Not super.initialize: it keeps the split, which cannot be serialized.
    Vocabulary kept = keptCodePoints == null ? null : Vocabulary.of(keptCodePoints);
    EncodedText opened = Corpus.open(files(split), kept, newlines, normalization).text();
    if (opened.length() <= length) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "the text has %,d characters; one sequence of %,d and its last target need %,d",
              opened.length(),
              length,
              length + 1));
    }
    text = opened;
    firstFile = split.locations()[0];
    position = 0;
  }

  @Override
  public void initialize(Configuration conf, InputSplit split)
      throws IOException, InterruptedException {
    setConf(conf);
    initialize(split);
  }

  /** The files of a split, those of a directory sorted by path. */
  static List<Path> files(InputSplit split) {
    List<Path> files = new ArrayList<>();
    for (URI location : split.locations()) {
      if (!"file".equals(location.getScheme())) {
        throw new TextException(location + ": not a file; text is read from files");
      }
      files.add(new File(location.getPath()).toPath());
    }
    if (files.isEmpty()) {
      throw new TextException("the input split has no files");
    }
    if (split instanceof FileSplit) {
      files.sort(null);
    }
    return files;
  }

  /** The vocabulary that the indices refer to. */
  public Vocabulary vocabulary() {
    return text().vocabulary();
  }

  /** Number of sequences in the text. */
  public long sequences() {
    return (text().length() - 1 + length - 1) / length;
  }

  private EncodedText text() {
    if (text == null) {
      throw new IllegalStateException("the reader has no text yet: call initialize(InputSplit)");
    }
    return text;
  }

  @Override
  public boolean hasNext() {
    return position < sequences();
  }

  @Override
  public SequenceRecord nextSequence() {
    RecordMetaDataInterval interval = nextInterval();
    List<List<Writable>> steps = steps(interval);
    invokeListeners(steps);
    return new org.datavec.api.records.impl.SequenceRecord(steps, interval);
  }

  /** Time steps of [index, index of the next character]. */
  @Override
  public List<List<Writable>> sequenceRecord() {
    return nextSequence().getSequenceRecord();
  }

  /**
   * A whole UTF-8 stream as one sequence; its last character is only a target. Newlines are kept
   * and nothing is normalized.
   *
   * @throws TextException if the stream is not UTF-8 or has characters outside the vocabulary
   */
  @Override
  public List<List<Writable>> sequenceRecord(URI uri, DataInputStream stream) throws IOException {
    return steps(encode(uri, stream));
  }

  @Override
  public Record nextRecord() {
    RecordMetaDataInterval interval = nextInterval();
    List<Writable> record = record(interval);
    invokeListeners(record);
    return new org.datavec.api.records.impl.Record(record, interval);
  }

  /** The indices of the next sequence. */
  @Override
  public List<Writable> next() {
    return nextRecord().getRecord();
  }

  @Override
  public boolean batchesSupported() {
    return true;
  }

  /** At most {@code count} records. */
  @Override
  public List<List<Writable>> next(int count) {
    List<List<Writable>> records = new ArrayList<>(count);
    while (records.size() < count && hasNext()) {
      records.add(next());
    }
    return records;
  }

  /** All characters of a stream, as {@link #sequenceRecord(URI, DataInputStream)} reads it. */
  @Override
  public List<Writable> record(URI uri, DataInputStream stream) throws IOException {
    return writables(encode(uri, stream));
  }

  @Override
  public SequenceRecord loadSequenceFromMetaData(RecordMetaData metaData) {
    return new org.datavec.api.records.impl.SequenceRecord(steps(interval(metaData)), metaData);
  }

  @Override
  public List<SequenceRecord> loadSequenceFromMetaData(List<RecordMetaData> metaData) {
    return metaData.stream().map(this::loadSequenceFromMetaData).toList();
  }

  @Override
  public Record loadFromMetaData(RecordMetaData metaData) {
    return new org.datavec.api.records.impl.Record(record(interval(metaData)), metaData);
  }

  @Override
  public List<Record> loadFromMetaData(List<RecordMetaData> metaData) {
    return metaData.stream().map(this::loadFromMetaData).toList();
  }

  /** The characters in index order. */
  @Override
  public List<String> getLabels() {
    return IntStream.range(0, vocabulary().size()).mapToObj(vocabulary()::character).toList();
  }

  @Override
  public void reset() {
    position = 0;
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  @Override
  public void close() {
    text = null;
  }

  @Override
  public void setConf(Configuration conf) {
    configuration = conf;
  }

  @Override
  public Configuration getConf() {
    return configuration;
  }

  private RecordMetaDataInterval nextInterval() {
    if (!hasNext()) {
      throw new NoSuchElementException("the text is read to its end; reset() starts again");
    }
    long from = position++ * length;
    return new RecordMetaDataInterval(
        from,
        Math.min(from + length, text.length() - 1),
        firstFile,
        CharacterSequenceRecordReader.class);
  }

  private RecordMetaDataInterval interval(RecordMetaData metaData) {
    if (metaData instanceof RecordMetaDataInterval interval
        && interval.getFrom() >= 0
        && interval.getFrom() < interval.getTo()
        && interval.getTo() < text().length()) {
      return interval;
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "%s is not an interval of a text of %,d characters",
            metaData.getLocation(),
            text().length()));
  }

  private List<List<Writable>> steps(RecordMetaDataInterval interval) {
    return steps(indices(interval.getFrom(), interval.getTo() + 1));
  }

  private List<Writable> record(RecordMetaDataInterval interval) {
    return writables(indices(interval.getFrom(), interval.getTo()));
  }

  private int[] indices(long from, long to) {
    int[] indices = new int[Math.toIntExact(to - from)];
    text().read(from, indices.length, indices, 0, 1);
    return indices;
  }

  /** Pairs of each index and the next. */
  private static List<List<Writable>> steps(int[] indices) {
    List<List<Writable>> steps = new ArrayList<>(indices.length);
    for (int i = 0; i + 1 < indices.length; i++) {
      steps.add(List.of(new IntWritable(indices[i]), new IntWritable(indices[i + 1])));
    }
    return steps;
  }

  private static List<Writable> writables(int[] indices) {
    List<Writable> writables = new ArrayList<>(indices.length);
    for (int index : indices) {
      writables.add(new IntWritable(index));
    }
    return writables;
  }

  private int[] encode(URI uri, DataInputStream stream) throws IOException {
    StringBuilder decoded = new StringBuilder();
    TextDecoder decoder =
        new TextDecoder(uri.toString(), StandardCharsets.UTF_8, new Appender(decoded));
    byte[] bytes = stream.readAllBytes();
    decoder.accept(bytes, bytes.length);
    decoder.finish();
    return vocabulary().encode(decoded.toString());
  }

  private record Appender(StringBuilder text) implements CodePointSink {
    @Override
    public void start(Path file) {}

    @Override
    public void accept(int[] codePoints, int count) {
      for (int i = 0; i < count; i++) {
        text.appendCodePoint(codePoints[i]);
      }
    }

    @Override
    public void finish() {}
  }
}
