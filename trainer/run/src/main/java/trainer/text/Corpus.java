package trainer.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
 * A text to train or measure on: encoded, memory-mapped, with its vocabulary.
 *
 * @param text the characters as indices
 * @param files description of where it came from
 * @param sha256 of the bytes of all source files in order, hexadecimal
 * @param replaced characters that the vocabulary does not have
 * @param reused whether an encoded text of the same source and options was found
 */
public record Corpus(EncodedText text, String files, String sha256, long replaced, boolean reused) {

  /**
   * Opens the corpus of a configuration. An encoded file made earlier from the same bytes with the
   * same options is used again; otherwise it is made, in two passes over the files, and appears
   * whole or not at all.
   *
   * @param data its paths absolute
   * @param encodedFile where the encoded text is kept, such as in the run directory
   * @param cancelled asked every few tens of kilobytes; true stops the work
   * @param progress told as often
   * @throws TextException when files, text or vocabulary are wrong, or the disk is full
   * @throws CancellationException when {@code cancelled} said so or the thread was interrupted;
   *     nothing is left behind
   */
  public static Corpus open(
      Data data, Path encodedFile, BooleanSupplier cancelled, ByteProgress progress) {
    Vocabulary kept =
        data.vocabulary() == null ? null : Vocabulary.read(Path.of(data.vocabulary()));
    CorpusFiles files = CorpusFiles.resolve(data.corpus());
    Corpus corpus =
        new CorpusEncoding(source(files, data), kept, data.unknown(), encodedFile)
            .open(new Watch(cancelled, progress));
    if (data.sha256() != null && !data.sha256().equalsIgnoreCase(corpus.sha256)) {
      throw new TextException(
          "%s: its SHA-256 is %s, but data.sha256 is %s: not the corpus that was meant"
              .formatted(corpus.files, corpus.sha256, data.sha256()));
    }
    return corpus;
  }

  /**
   * The SHA-256 that the corpus of a configuration has when it is opened, without decoding it.
   *
   * @param cancelled as above
   * @throws TextException when a file is missing or cannot be read
   * @throws CancellationException when {@code cancelled} said so
   */
  public static String sha256(Data data, BooleanSupplier cancelled) {
    return source(CorpusFiles.resolve(data.corpus()), data)
        .sha256(new Watch(cancelled, ByteProgress.none()));
  }

  /** Opens the corpus of a configuration, uninterrupted. */
  public static Corpus open(Data data, Path encodedFile) {
    return open(data, encodedFile, () -> false, ByteProgress.none());
  }

  /**
   * Opens another text in the vocabulary of a network, its newlines, normalization and unknown
   * characters treated as those of the network's own corpus. Its encoded file has no name once it
   * is mapped, so nothing is left behind, however the program ends.
   *
   * @param entries files or globs
   * @param directory where the encoded text is written
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
   * Opens files as one text, in a vocabulary, or that of the text where it is null. Its encoded
   * file is a temporary one that has no name once it is mapped.
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
        return new CorpusEncoding(source, vocabulary, unknown, file).open(watch);
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

  /** The vocabulary of the text. */
  public Vocabulary vocabulary() {
    return text.vocabulary();
  }

  /** Number of characters. */
  public long length() {
    return text.length();
  }

  /** The text's parts by fractions, such as {@code data.split}. */
  public Splits splits(List<Double> fractions) {
    return Splits.of(length(), fractions);
  }
}
