package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.file.FileErrors;
import trainer.file.Sha256;
import trainer.file.ShellWord;
import trainer.file.Watch;

/**
 * Encodes a source text, or finds the encoded file of an earlier start.
 *
 * @param expected its vocabulary, and the check of the source's SHA-256
 * @param advice what to do about a character outside the vocabulary; null: it is accepted
 * @param file the encoded file; null: one without a name
 * @param folder of one without a name
 */
record CorpusEncoding(
    SourceText source,
    ExpectedText expected,
    UnknownCharacters unknown,
    String advice,
    Path file,
    Path folder) {

  Corpus open(Watch watch) {
    try {
      EncodedText found = find(watch);
      return found == null ? corpus(make(watch), false) : corpus(found, true);
    } catch (ClosedByInterruptException e) {
      Thread.currentThread().interrupt();
      throw Watch.stopped(e);
    } catch (IOException e) {
      throw new TextException(
          "%s: the encoded text cannot be opened: %s"
              .formatted(ShellWord.shown(file == null ? folder : file), FileErrors.reason(e)),
          e);
    }
  }

  private Corpus corpus(EncodedText text, boolean reused) {
    return new Corpus(text, source.files().description(), reused);
  }

  /** Returns the existing encoded text, or null if source or options differ. */
  private EncodedText find(Watch watch) throws IOException {
    if (file == null || !Files.isRegularFile(file)) {
      return null;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      EncodedHeader header = EncodedText.readHeader(channel);
      long bytes = source.files().bytes();
      if (header == null
          || header.sourceBytes() != bytes
          || channel.size() != header.fileSize()
          || header.vocabularySize() > channel.size()) {
        return null;
      }
      watch.start(0, bytes);
      String sha256 = source.sha256(watch);
      expected.check().accept(sha256);
      if (expected.extend() || !header.key().equals(key(sha256, expected.vocabulary()))) {
        return null;
      }
    }
    EncodedText text = EncodedText.map(file);
    return text != null && text.isIntact(watch) ? text : null;
  }

  private EncodedText make(Watch watch) throws IOException {
    long bytes = source.files().bytes();
    watch.start(0, 2 * bytes);
    CharacterSet characters = new CharacterSet();
    String sha256 = source.read(characters, watch);
    if (characters.count == 0) {
      throw new TextException(
          "%s: the corpus is empty: it has no characters".formatted(source.files().description()));
    }
    expected.check().accept(sha256);
    Vocabulary kept =
        expected.extend()
            ? expected.vocabulary().with(characters.codePoints)
            : expected.vocabulary();
    Vocabulary vocabulary = kept == null ? characters.vocabulary() : kept;
    try (EncodedTextWriter writer =
        file == null
            ? EncodedTextWriter.unnamed(folder, vocabulary, advice)
            : new EncodedTextWriter(file, vocabulary, advice)) {
      watch.start(bytes, 2 * bytes);
      if (!source.read(writer, watch).equals(sha256)) {
        throw new TextException(
            "%s: the corpus changed while it was being read; start again once nothing writes to it"
                .formatted(source.files().description()));
      }
      return writer.commit(sha256, key(sha256, kept), bytes);
    }
  }

  /**
   * Hash of everything that determines the encoded file.
   *
   * @param kept vocabulary; null: all characters of the source
   */
  private String key(String sha256, Vocabulary kept) {
    String unicode =
        source.normalization() == Normalization.NONE
            ? ""
            : System.getProperty("java.specification.version");
    // Nothing is added where a text is as before these keys, so that its encoded file is found.
    String encoding = source.encoding().equals(UTF_8) ? "" : "\n" + source.encoding();
    String separator = source.separates() ? "\nline" : "";
    return Sha256.hex(
        String.join(
                "\n",
                Integer.toString(EncodedHeader.VERSION),
                sha256,
                source.files().sizes().toString(),
                source.newlines().name(),
                source.normalization().name() + unicode,
                unknown.name(),
                kept == null ? "all" : Arrays.toString(kept.codePoints()))
            + encoding
            + separator);
  }

  /** Collects the distinct characters. */
  private final class CharacterSet implements CodePointSink {
    private final BitSet codePoints = new BitSet();
    private long count;

    @Override
    public void start(Path path) {}

    @Override
    public void accept(int[] block, int size) {
      count += size;
      for (int i = 0; i < size; i++) {
        codePoints.set(block[i]);
      }
    }

    @Override
    public void finish() {}

    Vocabulary vocabulary() {
      if (codePoints.cardinality() < 2) {
        throw new TextException(
            ("%s: every character is %s: there is nothing to learn; a corpus needs two different"
                    + " characters")
                .formatted(
                    source.files().description(),
                    CharacterNames.describe(codePoints.nextSetBit(0))));
      }
      if (unknown == UnknownCharacters.REPLACE) {
        codePoints.set(Replacement.CHARACTER);
      }
      return Vocabulary.of(codePoints);
    }
  }
}
