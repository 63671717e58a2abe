package trainer.datavec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.datavec.api.conf.Configuration;
import org.datavec.api.records.Record;
import org.datavec.api.records.SequenceRecord;
import org.datavec.api.records.listener.impl.LogRecordListener;
import org.datavec.api.records.metadata.RecordMetaData;
import org.datavec.api.records.metadata.RecordMetaDataURI;
import org.datavec.api.split.CollectionInputSplit;
import org.datavec.api.split.FileSplit;
import org.datavec.api.split.InputSplit;
import org.datavec.api.writable.Writable;
import org.deeplearning4j.datasets.datavec.SequenceRecordReaderDataSetIterator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.text.TextException;
import trainer.text.Texts;
import trainer.text.Vocabulary;

final class CharacterSequenceRecordReaderTest {
  private static final String TEXT = "the first file\nand the second, a bit longer";

  @TempDir Path directory;

  @BeforeEach
  void files() {
    Texts.write(directory, "2.txt", "and the second, a bit longer");
    Texts.write(directory, "1.txt", "the first file\r\n");
  }

  private InputSplit split() {
    return new FileSplit(directory.toFile());
  }

  private CharacterSequenceRecordReader reader(int length) throws Exception {
    CharacterSequenceRecordReader reader = new CharacterSequenceRecordReader(length);
    reader.initialize(split());
    return reader;
  }

  /** Decodes one column. */
  private static String column(
      CharacterSequenceRecordReader reader, List<List<Writable>> steps, int column) {
    return text(reader, steps.stream().map(step -> step.get(column)).toList());
  }

  private static String text(CharacterSequenceRecordReader reader, List<Writable> indices) {
    return reader.vocabulary().decode(indices.stream().mapToInt(Writable::toInt).toArray());
  }

  @Test
  void sequencesAreConsecutiveTextWithTheNextCharacterAsTarget() throws Exception {
    try (CharacterSequenceRecordReader reader = reader(5)) {
      assertThat(reader.sequences()).isEqualTo(8 + 1);
      int from = 0;
      while (reader.hasNext()) {
        int to = Math.min(from + 5, TEXT.length() - 1);
        List<List<Writable>> steps = reader.sequenceRecord();
        assertThat(column(reader, steps, 0)).isEqualTo(TEXT.substring(from, to));
        assertThat(column(reader, steps, 1)).isEqualTo(TEXT.substring(from + 1, to + 1));
        from = to;
      }
      assertThat(from).isEqualTo(42);
      assertThatThrownBy(reader::sequenceRecord)
          .isInstanceOf(NoSuchElementException.class)
          .hasMessage("the text is read to its end; reset() starts again");
      reader.reset();
      assertThat(column(reader, reader.sequenceRecord(), 0)).isEqualTo("the f");
      assertThat(reader.resetSupported()).isTrue();
    }
  }

  @Test
  void recordsAreTheIndicesOfASequence() throws Exception {
    CharacterSequenceRecordReader reader = reader(10);
    assertThat(text(reader, reader.next())).isEqualTo(TEXT.substring(0, 10));
    assertThat(reader.batchesSupported()).isTrue();
    List<List<Writable>> batch = reader.next(100);
    assertThat(batch).hasSize(4);
    assertThat(text(reader, batch.get(2))).isEqualTo(TEXT.substring(30, 40));
    assertThat(reader.hasNext()).isFalse();
  }

  @Test
  void metaDataLoadWhatTheyCameFrom() throws Exception {
    CharacterSequenceRecordReader reader = reader(9);
    List<RecordMetaData> metaData = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    while (reader.hasNext()) {
      SequenceRecord sequence = reader.nextSequence();
      metaData.add(sequence.getMetaData());
      texts.add(column(reader, sequence.getSequenceRecord(), 1));
    }
    assertThat(metaData).hasSize(5);
    assertThat(metaData.get(4).getLocation()).isEqualTo("interval(36,42)");
    assertThat(metaData.get(1).getLocation()).isEqualTo("interval(9,18)");
    assertThat(metaData.get(1).getURI().getPath()).endsWith("/1.txt");
    assertThat(metaData.get(1).getReaderClass()).isEqualTo(CharacterSequenceRecordReader.class);

    List<SequenceRecord> sequences = reader.loadSequenceFromMetaData(metaData);
    for (int i = 0; i < 5; i++) {
      assertThat(column(reader, sequences.get(i).getSequenceRecord(), 1)).isEqualTo(texts.get(i));
      assertThat(sequences.get(i).getMetaData()).isSameAs(metaData.get(i));
    }
    Record record = reader.loadFromMetaData(metaData.get(2));
    assertThat(text(reader, record.getRecord())).isEqualTo(TEXT.substring(18, 27));
    assertThat(reader.loadFromMetaData(metaData)).hasSize(5);
    reader.reset();
    assertThat(reader.nextRecord().getMetaData()).isEqualTo(metaData.get(0));
    assertThatThrownBy(() -> reader.loadFromMetaData(new RecordMetaDataURI(URI.create("file:/x"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("is not an interval of a text of 43 characters");
  }

  @Test
  void streamsAreReadInTheSameVocabulary() throws Exception {
    CharacterSequenceRecordReader reader = reader(5);
    URI uri = URI.create("http://example.org/text");
    assertThat(column(reader, reader.sequenceRecord(uri, stream("the a")), 1)).isEqualTo("he a");
    assertThat(text(reader, reader.record(uri, stream("the a")))).isEqualTo("the a");
    assertThatThrownBy(() -> reader.record(uri, stream("Zoe")))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("character 1 of the text, 'Z' (U+005A), is not in the vocabulary");
    DataInputStream latin =
        new DataInputStream(
            new ByteArrayInputStream("caf\u00E9".getBytes(StandardCharsets.ISO_8859_1)));
    assertThatThrownBy(() -> reader.record(uri, latin))
        .hasMessageStartingWith("http://example.org/text:1: byte 3: not UTF-8: 0xE9;");
  }

  private static DataInputStream stream(String text) {
    return new DataInputStream(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void dl4jReadsDataSetsThroughIt() throws Exception {
    CharacterSequenceRecordReader reader = reader(6);
    int vocabulary = reader.vocabulary().size();
    SequenceRecordReaderDataSetIterator iterator =
        new SequenceRecordReaderDataSetIterator(reader, 3, vocabulary, 1);
    iterator.setCollectMetaData(true);
    for (int pass = 0; pass < 2; pass++) {
      int sequence = 0;
      while (iterator.hasNext()) {
        DataSet data = iterator.next();
        long batch = data.getFeatures().size(0);
        assertThat(data.getFeatures().shape()).containsExactly(batch, 1, 6);
        assertThat(data.getLabels().shape()).containsExactly(batch, vocabulary, 6);
        for (long b = 0; b < batch; b++, sequence++) {
          for (int t = 0; t < 6; t++) {
            int character = data.getFeatures().getInt((int) b, 0, t);
            assertThat(reader.vocabulary().codePoint(character))
                .isEqualTo(TEXT.charAt(sequence * 6 + t));
            int target = reader.vocabulary().index(TEXT.charAt(sequence * 6 + t + 1));
            assertThat(data.getLabels().getDouble(b, target, t)).isEqualTo(1);
          }
        }
        DataSet loaded = iterator.loadFromMetaData(data.getExampleMetaData(RecordMetaData.class));
        assertThat(loaded.getFeatures()).isEqualTo(data.getFeatures());
      }
      assertThat(sequence).isEqualTo(7);
      iterator.reset();
    }
  }

  /** 42 characters in 8 sequences of 5 and one of 2. */
  @Test
  void dl4jMasksTheStepsThatTheLastSequenceLacks() throws Exception {
    CharacterSequenceRecordReader reader = reader(5);
    SequenceRecordReaderDataSetIterator iterator =
        new SequenceRecordReaderDataSetIterator(reader, 3, reader.vocabulary().size(), 1);
    DataSet data = null;
    while (iterator.hasNext()) {
      data = iterator.next();
    }
    assertThat(data.getFeatures().shape()).containsExactly(3, 1, 5);
    assertThat(data.getLabelsMaskArray().sumNumber().intValue()).isEqualTo(5 + 5 + 2);
    assertThat(data.getLabels().sumNumber().intValue()).isEqualTo(5 + 5 + 2);
  }

  @Test
  void aGivenVocabularyAndNormalizationAreUsed() throws Exception {
    Texts.write(directory, "1.txt", "e\u0301te\u0301\r\n");
    Texts.write(directory, "2.txt", "été");
    Vocabulary vocabulary = Vocabulary.of("t\ré\nz");
    CharacterSequenceRecordReader reader =
        new CharacterSequenceRecordReader(3, vocabulary, Newlines.KEEP, Normalization.NFC);
    Configuration configuration = new Configuration();
    reader.initialize(configuration, split());
    assertThat(reader.getConf()).isSameAs(configuration);
    assertThat(reader.vocabulary()).isEqualTo(vocabulary);
    assertThat(reader.getLabels()).containsExactly("\n", "\r", "t", "z", "é");
    assertThat(column(reader, reader.sequenceRecord(), 0)).isEqualTo("été");
    assertThat(column(reader, reader.sequenceRecord(), 0)).isEqualTo("\r\né");
  }

  @Test
  void listenersHearOfEveryRecord() throws Exception {
    CharacterSequenceRecordReader reader = reader(20);
    reader.setListeners(new LogRecordListener());
    assertThat(reader.getListeners()).hasSize(1);
    reader.sequenceRecord();
    assertThat(reader.getListeners().get(0).invoked()).isTrue();
  }

  @Test
  void aSerializedReaderIsInitializedAgain() throws Exception {
    CharacterSequenceRecordReader reader = reader(6);
    reader.sequenceRecord();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(reader);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      CharacterSequenceRecordReader copy = (CharacterSequenceRecordReader) in.readObject();
      assertThatThrownBy(copy::hasNext)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the reader has no text yet: call initialize(InputSplit)");
      copy.initialize(split());
      assertThat(column(copy, copy.sequenceRecord(), 0)).isEqualTo("the fi");
    }
  }

  @Test
  void aTextShorterThanOneSequenceIsRefused() {
    assertThat(TEXT).hasSize(43);
    assertThatThrownBy(() -> reader(43))
        .isInstanceOf(TextException.class)
        .hasMessage("the text has 43 characters; one sequence of 43 and its last target need 44");
    assertThatThrownBy(() -> new CharacterSequenceRecordReader(0))
        .hasMessage("length 0: a sequence has at least one character");
  }

  @Test
  void filesOfASplitKeepItsOrder() {
    List<Path> files = List.of(directory.resolve("odd #1 %41 [x].txt"), directory.resolve("b.txt"));
    assertThat(
            CharacterSequenceRecordReader.files(
                new CollectionInputSplit(files.stream().map(Path::toUri).toList())))
        .isEqualTo(files);
  }

  @Test
  void theFilesOfADirectorySplitAreSorted() {
    assertThat(
            CharacterSequenceRecordReader.files(
                new FileSplit(directory.toFile(), new String[] {".txt"}, false)))
        .isSorted()
        .hasSize(2);
    assertThatThrownBy(
            () ->
                CharacterSequenceRecordReader.files(
                    new CollectionInputSplit(List.of(URI.create("http://x/a.txt")))))
        .hasMessage("http://x/a.txt: not a file; text is read from files");
    assertThatThrownBy(
            () -> CharacterSequenceRecordReader.files(new CollectionInputSplit(List.of())))
        .hasMessage("the input split has no files");
  }
}
