package trainer.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import trainer.file.AppendedFile;
import trainer.file.FileException;
import trainer.run.SampleReader.Sample;

/**
 * samples.txt: text samples by iteration and temperature. The heading of a sample states its length
 * in characters, so that a resumed run can truncate the file at the right place for any text. Not
 * thread-safe.
 */
public final class SamplesFile implements AutoCloseable {
  private static final String END = "\n\n";
  private static final int READ_AT_A_TIME = 1 << 16;

  private final AppendedFile file;

  private SamplesFile(AppendedFile file) {
    this.file = file;
  }

  /**
   * Opens the file for appending, truncating an incomplete sample and those of later iterations,
   * which the resumed run draws again.
   *
   * @param iteration the last one whose samples are complete
   * @throws RunException if it cannot be opened
   */
  public static SamplesFile open(Path path, int iteration) {
    AppendedFile.requireRegular(path);
    try {
      return new SamplesFile(AppendedFile.reopen(path, whole(path, iteration)));
    } catch (NoSuchFileException e) {
      // A new run.
      return new SamplesFile(AppendedFile.open(path, 0));
    } catch (IOException e) {
      throw FileException.of(path, "cannot be read", e, "it must be a readable and writable file");
    }
  }

  /**
   * End of the last complete sample up to the iteration, before the first byte that is not UTF-8.
   * The file may be larger than the heap.
   */
  private static long whole(Path path, int iteration) throws IOException {
    SampleReader reader = new SampleReader(0);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.allocate(READ_AT_A_TIME);
    CharBuffer text = CharBuffer.allocate(READ_AT_A_TIME);
    CoderResult result = CoderResult.UNDERFLOW;
    long end = 0;
    try (SeekableByteChannel channel = Files.newByteChannel(path)) {
      while (!result.isError() && channel.read(bytes) >= 0) {
        result = decoder.decode(bytes.flip(), text.clear(), false);
        for (Sample sample : reader.read(text.flip())) {
          if (sample.iteration() > iteration) {
            return end;
          }
          end = sample.end();
        }
        bytes.compact(); // a character may continue in the next block
      }
    }
    return end;
  }

  /**
   * Appends a sample.
   *
   * @param temperature of the sampling; 1 leaves the probabilities unchanged
   * @throws RunException if it cannot be written
   */
  public void append(int iteration, double temperature, String text) {
    String sample =
        String.format(
            Locale.ROOT,
            "=== iteration %d, temperature %s, %d characters ===\n",
            iteration,
            temperature,
            text.codePointCount(0, text.length()));
    file.append((sample + text + END).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    file.close();
  }
}
