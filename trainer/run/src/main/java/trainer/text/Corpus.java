package trainer.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.file.ByteProgress;
import trainer.file.FileErrors;
import trainer.file.Watch;

/**
 * A text for training or evaluation: encoded, memory-mapped, with its vocabulary.
 *
 * @param text the characters as indices
 * @param files its source, for messages
 * @param sha256 of the bytes of all source files in order, hexadecimal
 * @param replaced number of characters outside the vocabulary
 * @param reused whether an existing encoded file was used
 */
public record Corpus(EncodedText text, String files, String sha256, long replaced, boolean reused) {

  /**
   * Opens the corpus of a configuration. An encoded file of the same bytes and options is reused;
   * otherwise it is written atomically, in two passes over the files.
   *
   * @param data with absolute paths
   * @param encodedFile the encoded text, for example in the run directory
   * @param cancelled polled every few tens of kilobytes; true stops the work
   * @param progress called equally often
   * @throws TextException if files, text or vocabulary are wrong, or the disk is full
   * @throws CancellationException if {@code cancelled} returned true or the thread was interrupted;
   *     no file is left behind
   */
  public static Corpus open(
      Data data, Path encodedFile, BooleanSupplier cancelled, ByteProgress progress) {
    return open(data, encodedFile, ExpectedText.any(), cancelled, progress);
  }

  /** As above, for a run that knows something of its text. */
  public static Corpus open(
      Data data,
      Path encodedFile,
      ExpectedText expected,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    Vocabulary given =
        data.vocabulary() == null ? null : Vocabulary.read(Path.of(data.vocabulary()));
    CorpusFiles files = CorpusFiles.resolve(data.corpus());
    Corpus corpus =
        new CorpusEncoding(source(files, data), expected.orElse(given), data.unknown(), encodedFile)
            .open(new Watch(cancelled, progress));
    if (data.sha256() != null && !data.sha256().equalsIgnoreCase(corpus.sha256)) {
      throw new TextException(
          "%s: its SHA-256 is %s, but data.sha256 is %s: this is a different corpus: use the one with this hash, or correct data.sha256"
              .formatted(corpus.files, corpus.sha256, data.sha256()));
    }
    return corpus;
  }

  /**
   * Opens the text that a run began with, without its source.
   *
   * @param encodedFile the run's encoded text
   * @param files its source at that time, for messages
   * @param sha256 of that source, hexadecimal
   * @return empty if the file is missing, damaged, or of another text or vocabulary
   * @throws CancellationException if {@code cancelled} returned true
   */
  public static Optional<Corpus> recorded(
      Path encodedFile,
      String files,
      String sha256,
      Vocabulary vocabulary,
      BooleanSupplier cancelled) {
    try {
      EncodedText text = Files.isRegularFile(encodedFile) ? EncodedText.map(encodedFile) : null;
      return text != null
              && text.header().sha256().equals(sha256)
              && text.vocabulary().equals(vocabulary)
              && text.isIntact(new Watch(cancelled, ByteProgress.none()))
          ? Optional.of(new Corpus(text, files, sha256, text.header().replaced(), true))
          : Optional.empty();
    } catch (IOException e) {
      throw new TextException(
          "%s: the encoded text cannot be opened: %s".formatted(encodedFile, FileErrors.reason(e)),
          e);
    }
  }

  /**
   * The SHA-256 of a configuration's corpus, without decoding it.
   *
   * @param cancelled as above
   * @throws TextException if a file is missing or cannot be read
   * @throws CancellationException if {@code cancelled} returned true
   */
  public static String sha256(Data data, BooleanSupplier cancelled) {
    return source(CorpusFiles.resolve(data.corpus()), data)
        .sha256(new Watch(cancelled, ByteProgress.none()));
  }

  /** Opens the corpus of a configuration, without cancellation. */
  public static Corpus open(Data data, Path encodedFile) {
    return open(data, encodedFile, () -> false, ByteProgress.none());
  }

  /**
   * Opens another text in a network's vocabulary, with the newline, normalization and
   * unknown-character settings of the network's own corpus. The encoded file is unlinked once
   * mapped, so none is left behind even after a kill.
   *
   * @param entries files or globs
   * @param directory for the temporary encoded file
   */
  public static Corpus openForeign(
      List<String> entries,
      Data data,
      Vocabulary vocabulary,
      Path directory,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    SourceText source = source(CorpusFiles.resolve(entries), data);
    return openUnnamed(
        source, vocabulary, data.unknown(), directory, new Watch(cancelled, progress));
  }

  /**
   * Opens files as one text.
   *
   * @param vocabulary null: all characters of the text
   */
  public static Corpus open(
      List<Path> files, Vocabulary vocabulary, Newlines newlines, Normalization normalization) {
    SourceText source = new SourceText(CorpusFiles.of(files), newlines, normalization);
    Path directory = Path.of(System.getProperty("java.io.tmpdir"));
    return openUnnamed(source, vocabulary, UnknownCharacters.ERROR, directory, Watch.none());
  }

  private static Corpus openUnnamed(
      SourceText source,
      Vocabulary vocabulary,
      UnknownCharacters unknown,
      Path directory,
      Watch watch) {
    try {
      Path file = Files.createTempFile(directory, "text", ".encoded");
      try {
        return new CorpusEncoding(source, ExpectedText.any().orElse(vocabulary), unknown, file)
            .open(watch);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new TextException(
          "%s: the encoded text cannot be written here: %s"
              .formatted(directory, FileErrors.reason(e)),
          e);
    }
  }

  private static SourceText source(CorpusFiles files, Data data) {
    return new SourceText(files, data.newlines(), data.normalize());
  }

  public Vocabulary vocabulary() {
    return text.vocabulary();
  }

  /** Number of characters. */
  public long length() {
    return text.length();
  }

  /**
   * The text in the order that {@code data.shuffle} and {@code data.split_blocks} ask for.
   * Evaluation has to use the same order as training, since splits are parts of it.
   *
   * @param seed of the run
   * @throws TextException if lines are to be shuffled and there is only one
   */
  public Corpus ordered(Data data, long seed) {
    if (data.shuffle() == Data.Shuffle.LINES) {
      return in(TextOrder.shuffledLines(text, seed)); // which has no use for blocks
    }
    return data.splitBlocks() == 1
        ? this
        : in(TextOrder.splitBlocks(length(), data.split(), data.splitBlocks()));
  }

  private Corpus in(TextOrder order) {
    return new Corpus(text.in(order), files, sha256, replaced, reused);
  }

  /** Splits the text, which is {@link #ordered}. */
  public Splits splits(Data data) {
    return Splits.of(length(), data.split(), data.splitBlocks());
  }
}
