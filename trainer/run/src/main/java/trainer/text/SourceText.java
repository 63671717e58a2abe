package trainer.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CancellationException;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.Separator;
import trainer.file.Sha256;
import trainer.file.Watch;

/**
 * The corpus files as a stream. Each file is decoded, its newlines converted and its text
 * normalized, separately; the results are joined.
 *
 * @param separator null: a line end, where a file lacks one
 */
record SourceText(
    CorpusFiles files,
    Charset encoding,
    Separator separator,
    Newlines newlines,
    Normalization normalization) {
  private static final int BUFFER = 1 << 16;

  /**
   * Reads all files.
   *
   * @return SHA-256 of the bytes of all files, hexadecimal
   * @throws TextException if a file cannot be read or is not a text in the encoding
   * @throws CancellationException if the watch stops the work
   */
  String read(CodePointSink sink, Watch watch) {
    SeparatorFilter joined = new SeparatorFilter(sink);
    CodePointSink last = separates() ? joined : sink;
    CodePointSink normalized =
        switch (normalization) {
          case NONE -> last;
          case NFC -> new NfcFilter(last);
        };
    CodePointSink filters =
        switch (newlines) {
          case KEEP -> normalized;
          case LF -> new NewlineFilter(normalized);
        };
    MessageDigest digest = Sha256.digest();
    Path end = files.paths().get(files.paths().size() - 1);
    forEachFile(
        file -> {
          TextDecoder decoder = new TextDecoder(file.toString(), encoding, filters);
          filters.start(file);
          readFile(
              file,
              watch,
              (bytes, count) -> {
                digest.update(bytes, 0, count);
                decoder.accept(bytes, count);
              });
          decoder.finish();
          joined.another(!file.equals(end));
          filters.finish();
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Whether a line end may be added between two files. */
  boolean separates() {
    return separator != Separator.NONE && files.paths().size() > 1;
  }

  /** SHA-256 of the bytes of all files, hexadecimal, without decoding them. */
  String sha256(Watch watch) {
    MessageDigest digest = Sha256.digest();
    forEachFile(file -> readFile(file, watch, (bytes, count) -> digest.update(bytes, 0, count)));
    return HexFormat.of().formatHex(digest.digest());
  }

  private void forEachFile(FileWork work) {
    for (Path file : files.paths()) {
      try {
        work.run(file);
      } catch (ClosedByInterruptException e) {
        Thread.currentThread().interrupt();
        throw Watch.stopped(e);
      } catch (IOException e) {
        throw CorpusFiles.unreadable(file, e);
      }
    }
  }

  private void readFile(Path file, Watch watch, ByteBlocks blocks) throws IOException {
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = files.open(file)) {
      for (int count; (count = in.read(buffer)) >= 0; ) {
        blocks.accept(buffer, count);
        watch.advance(count);
      }
    }
  }

  private interface FileWork {
    void run(Path file) throws IOException;
  }

  private interface ByteBlocks {
    void accept(byte[] bytes, int count);
  }
}
