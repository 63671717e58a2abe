package trainer.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.Separator;
import trainer.config.Data.UnknownCharacters;
import trainer.file.ByteProgress;
import trainer.file.FileErrors;
import trainer.file.Sha256;
import trainer.file.ShellWord;
import trainer.file.Watch;

/**
 * A text for training or evaluation: encoded, memory-mapped, with its vocabulary.
 *
 * @param text the characters as indices
 * @param files its source, for messages
 * @param reused whether an existing encoded file was used
 */
public record Corpus(EncodedText text, String files, boolean reused) {
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

  /**
   * Opens the corpus of a configuration. An encoded file of the same bytes and options is reused;
   * otherwise it is written atomically, in two passes over the files.
   *
   * @param data with absolute paths
   * @param confinement where files may be
   * @param encodedFile the encoded text, for example in the run directory; null: a temporary file
   *     without a name
   * @param cancelled polled every few tens of kilobytes; true stops the work
   * @param progress called equally often
   * @throws TextException if files, text or vocabulary are wrong, or the disk is full
   * @throws CancellationException if {@code cancelled} returned true or the thread was interrupted;
   *     no file is left behind
   */
  public static Corpus open(
      Data data,
      Confinement confinement,
      Path encodedFile,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    return open(data, confinement, encodedFile, ExpectedText.any(), cancelled, progress);
  }

  /** As above, for a run that knows something of its text. */
  public static Corpus open(
      Data data,
      Confinement confinement,
      Path encodedFile,
      ExpectedText expected,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    Vocabulary given =
        data.vocabulary() == null ? null : Vocabulary.read(Path.of(data.vocabulary()), confinement);
    CorpusFiles files = CorpusFiles.resolve(data.corpus(), confinement);
    Corpus corpus =
        new CorpusEncoding(
                source(files, data),
                expected.orElse(given),
                data.unknown(),
                advice(data, given),
                encodedFile,
                TEMPORARY)
            .open(new Watch(cancelled, progress));
    if (data.sha256() != null && !data.sha256().equalsIgnoreCase(corpus.sha256())) {
      throw new TextException(
          "%s: its SHA-256 is %s, but data.sha256 is %s: this is a different corpus: use the one with this hash, or correct data.sha256"
              .formatted(corpus.files, corpus.sha256(), data.sha256()));
    }
    return corpus;
  }

  /** For a character outside a given vocabulary; null: it is replaced. */
  private static String advice(Data data, Vocabulary given) {
    String another = "train a new vocabulary without data.vocabulary";
    boolean replaceable = given == null || Replacement.index(given) >= 0;
    if (data.unknown() == UnknownCharacters.REPLACE) {
      return replaceable
          ? null
          : "data.unknown finds no replacement, since it has neither %s; %s"
              .formatted(Replacement.description(), another);
    }
    String replace = "set data.unknown: replace";
    return given == null ? replace : replaceable ? replace + ", or " + another : another;
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
          ? Optional.of(new Corpus(text, files, true))
          : Optional.empty();
    } catch (IOException e) {
      throw unusable(encodedFile, e);
    }
  }

  private static TextException unusable(Path encoded, IOException e) {
    return new TextException(
        "%s: the encoded text cannot be opened: %s"
            .formatted(ShellWord.shown(encoded), FileErrors.reason(e)),
        e);
  }

  /**
   * The SHA-256 of a configuration's corpus, without decoding it.
   *
   * @param confinement as above
   * @param cancelled as above
   * @throws TextException if a file is missing or cannot be read
   * @throws CancellationException if {@code cancelled} returned true
   */
  public static String sha256(Data data, Confinement confinement, BooleanSupplier cancelled) {
    return source(CorpusFiles.resolve(data.corpus(), confinement), data)
        .sha256(new Watch(cancelled, ByteProgress.none()));
  }

  /** Opens the corpus of a configuration, wherever it is, without cancellation. */
  public static Corpus open(Data data, Path encodedFile) {
    return open(data, Confinement.none(), encodedFile, () -> false, ByteProgress.none());
  }

  /**
   * Opens another text in a network's vocabulary, with the settings of the network's own corpus for
   * encoding, newlines and normalization. The encoded file has no name, so none is left behind even
   * after a kill.
   *
   * @param entries files or patterns
   * @param confinement where they may be
   * @param advice what to do about a character outside the vocabulary, which is then refused; null:
   *     it is accepted as unknown
   * @param directory for the temporary encoded file
   */
  public static Corpus openForeign(
      List<String> entries,
      Confinement confinement,
      Data data,
      Vocabulary vocabulary,
      String advice,
      Path directory,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    SourceText source = source(CorpusFiles.resolve(entries, confinement), data);
    return openUnnamed(source, vocabulary, advice, directory, new Watch(cancelled, progress));
  }

  /**
   * Opens files in UTF-8 as one text, with a line end after each that lacks one.
   *
   * @param vocabulary null: all characters of the text
   */
  public static Corpus open(
      List<Path> files, Vocabulary vocabulary, Newlines newlines, Normalization normalization) {
    SourceText source =
        new SourceText(
            CorpusFiles.of(files), StandardCharsets.UTF_8, Separator.LINE, newlines, normalization);
    return openUnnamed(
        source, vocabulary, "use the vocabulary of the text", TEMPORARY, Watch.none());
  }

  private static Corpus openUnnamed(
      SourceText source, Vocabulary vocabulary, String advice, Path directory, Watch watch) {
    return new CorpusEncoding(
            source,
            ExpectedText.any().orElse(vocabulary),
            UnknownCharacters.ERROR,
            advice,
            null,
            directory)
        .open(watch);
  }

  /**
   * Encodes a text in a network's vocabulary.
   *
   * @param source for messages
   * @param advice and directory: see {@link #openForeign}
   */
  public static Corpus of(
      String text, Path source, Vocabulary vocabulary, String advice, Path directory) {
    int[] codePoints = text.codePoints().toArray();
    try (EncodedTextWriter writer = EncodedTextWriter.unnamed(directory, vocabulary, advice)) {
      writer.start(source);
      writer.accept(codePoints, codePoints.length);
      writer.finish();
      EncodedText encoded = writer.commit(Sha256.hex(text), Sha256.hex(text), text.length());
      return new Corpus(encoded, ShellWord.shown(source), false);
    } catch (IOException e) {
      throw unusable(directory, e);
    }
  }

  /**
   * The same text in another vocabulary. A character outside this corpus's own stays unknown.
   *
   * @param advice and directory: see {@link #openForeign}
   * @param encodedFile this corpus's, for messages
   */
  public Corpus in(
      Vocabulary other,
      String advice,
      Path encodedFile,
      Path directory,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    Watch watch = new Watch(cancelled, progress);
    try (EncodedTextWriter writer = EncodedTextWriter.unnamed(directory, other, advice)) {
      watch.start(0, length());
      writer.start(encodedFile);
      text.copyTo(writer, watch);
      EncodedHeader header = text.header();
      return new Corpus(
          writer.commit(header.sha256(), header.key(), header.sourceBytes()), files, false);
    } catch (IOException e) {
      throw unusable(directory, e);
    }
  }

  private static SourceText source(CorpusFiles files, Data data) {
    return new SourceText(
        files, data.encoding(), data.separator(), data.newlines(), data.normalize());
  }

  public Vocabulary vocabulary() {
    return text.vocabulary();
  }

  /** SHA-256 of the bytes of all source files in order, hexadecimal. */
  public String sha256() {
    return text.header().sha256();
  }

  /** Characters outside the vocabulary. */
  public Unknown unknown() {
    return new Unknown(text.header().unknown(), length());
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
      return reordered(TextOrder.shuffledLines(text, seed)); // which has no use for blocks
    }
    return data.splitBlocks() == 1
        ? this
        : reordered(TextOrder.splitBlocks(length(), data.split(), data.splitBlocks()));
  }

  private Corpus reordered(TextOrder order) {
    return new Corpus(text.in(order), files, reused);
  }

  /** Splits the text, which is {@link #ordered}. */
  public Splits splits(Data data) {
    return Splits.of(length(), data.split(), data.splitBlocks());
  }
}
