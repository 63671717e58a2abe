package trainer.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.zip.CRC32C;
import trainer.file.DurableNames;
import trainer.file.FileErrors;
import trainer.file.ShellWord;
import trainer.file.Watch;

/**
 * Writes an encoded text to {@code .NAME.part}. {@link #commit} synchronizes and renames it; {@link
 * #close} without a commit deletes it. An {@link #unnamed} one is deleted while it is open.
 */
public final class EncodedTextWriter implements CodePointSink, AutoCloseable {
  private final Path target; // null: it gets no name
  private final Path aside; // or the folder of one without a name
  private final Vocabulary vocabulary;
  private final String advice; // null: unknown characters are accepted
  private final int width;
  private final CRC32C checksum = new CRC32C();
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private final FileChannel channel;
  private boolean committed;

  private long length;
  private long unknown;
  private Path file; // source being read
  private long characterInFile; // characters of it read
  private long lineInFile;

  /**
   * Begins a file.
   *
   * @param advice what to do about a character outside the vocabulary, which is then refused; null:
   *     it is written as unknown
   */
  public EncodedTextWriter(Path target, Vocabulary vocabulary, String advice) {
    this(
        target.toAbsolutePath(),
        target.toAbsolutePath().resolveSibling("." + target.getFileName() + ".part"),
        vocabulary,
        advice);
  }

  /** Begins a file that loses its name at once, so that a kill leaves nothing behind. */
  static EncodedTextWriter unnamed(Path folder, Vocabulary vocabulary, String advice) {
    return new EncodedTextWriter(null, folder, vocabulary, advice);
  }

  private EncodedTextWriter(Path target, Path aside, Vocabulary vocabulary, String advice) {
    this.target = target;
    this.aside = aside;
    this.vocabulary = vocabulary;
    this.advice = advice;
    this.width = EncodedHeader.width(vocabulary.size());
    try {
      if (target == null) {
        channel =
            FileChannel.open(
                Files.createTempFile(aside, "text", ".encoded"),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE); // POSIX: once opened
      } else {
        Files.createDirectories(target.getParent());
        // An existing link must not redirect the write.
        Files.deleteIfExists(aside);
        channel = FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
    try {
      ByteBuffer codePoints = vocabularyBytes(vocabulary);
      checksum.update(codePoints.duplicate());
      channel.position(EncodedHeader.SIZE);
      writeAll(codePoints);
      channel.position(EncodedHeader.textOffset(vocabulary.size()));
    } catch (IOException e) {
      close();
      throw unwritable(e);
    }
  }

  static ByteBuffer vocabularyBytes(Vocabulary vocabulary) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vocabulary.size()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(vocabulary.codePoints());
    return bytes;
  }

  @Override
  public void start(Path path) {
    file = path;
    characterInFile = 0;
    lineInFile = 1;
  }

  /** A code point of -1 is a character that is unknown already. */
  @Override
  public void accept(int[] codePoints, int count) {
    for (int i = 0; i < count; i++) {
      int codePoint = codePoints[i];
      int index = codePoint < 0 ? -1 : vocabulary.index(codePoint);
      if (index < 0) {
        if (advice != null && codePoint >= 0) {
          throw refused(codePoint);
        }
        index = vocabulary.size();
        unknown++;
      }
      put(index);
      characterInFile++;
      if (codePoint == '\n') {
        lineInFile++;
      }
    }
    length += count;
  }

  private TextException refused(int codePoint) {
    return new TextException(
        String.format(
            Locale.ROOT,
            "%s:%d: %s, character %,d of the file, is not in the vocabulary of %,d characters%s; %s",
            ShellWord.shown(file),
            lineInFile,
            CharacterNames.describe(codePoint),
            characterInFile + 1,
            vocabulary.size(),
            vocabulary.otherForm(codePoint),
            advice));
  }

  private void put(int index) {
    if (!buffer.hasRemaining()) {
      flush();
    }
    switch (width) {
      case 1 -> buffer.put((byte) index);
      case 2 -> buffer.putShort((short) index);
      default -> buffer.putInt(index);
    }
  }

  @Override
  public void finish() {
    file = null;
  }

  private void flush() {
    buffer.flip();
    checksum.update(buffer.duplicate());
    try {
      writeAll(buffer);
    } catch (IOException e) {
      throw unwritable(e);
    }
    buffer.clear();
  }

  private void writeAll(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Characters written. */
  long length() {
    return length;
  }

  /**
   * Finishes the file: header, fsync, rename; maps it.
   *
   * @param sha256 of the source
   * @param key of source and options
   * @throws IOException if it cannot be mapped
   */
  public EncodedText commit(String sha256, String key, long sourceBytes) throws IOException {
    flush();
    EncodedHeader header =
        new EncodedHeader(
            width,
            length,
            unknown,
            sourceBytes,
            vocabulary.size(),
            (int) checksum.getValue(),
            sha256,
            key);
    try {
      channel.position(0);
      writeAll(header.toBytes());
      if (target == null) {
        return EncodedText.map(channel);
      }
      channel.force(true);
      channel.close();
      DurableNames.rename(aside, target);
      committed = true;
    } catch (IOException e) {
      throw unwritable(e);
    }
    return EncodedText.map(target);
  }

  @Override
  public void close() {
    try {
      channel.close();
      if (!committed && target != null) {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private RuntimeException unwritable(IOException e) {
    if (e instanceof ClosedByInterruptException) {
      Thread.currentThread().interrupt();
      return Watch.stopped(e);
    }
    return new TextException(
        "%s: the encoded text cannot be written: %s; it needs %d byte%s per character of the corpus%s"
            .formatted(
                ShellWord.shown(aside),
                FileErrors.reason(e),
                width,
                width == 1 ? "" : "s",
                target == null ? ": name another folder with java -Djava.io.tmpdir=DIR" : ""),
        e);
  }
}
