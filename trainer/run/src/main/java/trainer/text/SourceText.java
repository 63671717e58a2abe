package trainer.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CancellationException;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.file.Sha256;
import trainer.file.Watch;

/**
 * The corpus files as a stream. Each file is decoded, its newlines converted and its text
 * normalized, separately; the results are concatenated.
 */
record SourceText(CorpusFiles files, Newlines newlines, Normalization normalization) {
  private static final int BUFFER = 1 << 16;

  /**
   * Reads all files.
   *
   * @return SHA-256 of the bytes of all files, hexadecimal
   * @throws TextException if a file cannot be read or is not UTF-8
   * @throws CancellationException if the watch stops the work
   */
  String read(CodePointSink sink, Watch watch) {
    CodePointSink first =
        switch (normalization) {
          case NONE -> sink;
          case NFC -> new NfcFilter(sink);
        };
    CodePointSink filters =
        switch (newlines) {
          case KEEP -> first;
          case LF -> new NewlineFilter(first);
        };
    MessageDigest digest = Sha256.digest();
    forEachFile(
        file -> {
          Utf8Decoder decoder = new Utf8Decoder(file.toString(), filters);
          filters.start(file);
          readFile(
              file,
              watch,
              (bytes, count) -> {
                digest.update(bytes, 0, count);
                decoder.accept(bytes, count);
              });
          decoder.finish();
          filters.finish();
        });
    return HexFormat.of().formatHex(digest.digest());
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

  private static void readFile(Path file, Watch watch, ByteBlocks blocks) throws IOException {
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
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
