package trainer.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * samples.txt: text drawn from the network by iteration and temperature. Each sample has a heading
 * that says how many characters follow it, so that the file can be cut exactly where a resumed run
 * takes it up again, whatever the text looks like. Not safe for several threads.
 */
public final class SamplesFile implements AutoCloseable {
  private static final Pattern HEADING =
      Pattern.compile(
          "=== iteration ([0-9]{1,9}), temperature ([0-9.E-]{1,24}), ([0-9]{1,9}) characters ===\n");

  private static final String END = "\n\n";

  private final AppendedFile file;

  private SamplesFile(AppendedFile file) {
    this.file = file;
  }

  /**
   * Opens the file to append to, cutting off what a killed process left incomplete and every sample
   * of a later iteration, which the run will draw again.
   *
   * @param iteration where the run goes on from
   * @throws RunException if it cannot be opened
   */
  public static SamplesFile open(Path path, int iteration) {
    AppendedFile.requireRegular(path);
    String text;
    try {
      text = wellFormed(Files.readAllBytes(path));
    } catch (NoSuchFileException e) {
      // A new run.
      return new SamplesFile(AppendedFile.open(path, 0));
    } catch (IOException e) {
      throw RunException.of(
          path, "cannot be read", e, "it must be a file that may be read and written");
    }
    String kept = text.substring(0, whole(text, iteration));
    return new SamplesFile(AppendedFile.goOn(path, kept.getBytes(StandardCharsets.UTF_8).length));
  }

  /**
   * Adds a sample.
   *
   * @param temperature what the probabilities were sharpened by; 1 leaves them as they are
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

  // The text up to the first byte that is not UTF-8.
  private static String wellFormed(byte[] bytes) {
    CharBuffer text = CharBuffer.allocate(bytes.length);
    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes), text, true);
    return text.flip().toString();
  }

  // Where the last whole sample up to the iteration ends.
  private static int whole(String text, int iteration) {
    int end = 0;
    for (Sample sample = next(text, end);
        sample != null && sample.iteration() <= iteration;
        sample = next(text, end)) {
      end = sample.end();
    }
    return end;
  }

  /**
   * A sample as it stands in a file.
   *
   * @param end where the next one begins
   */
  public record Sample(int iteration, double temperature, String text, int end) {}

  /**
   * Reads the sample that begins at a place in the text of a file.
   *
   * @return null if there is none, or only a part of it
   */
  public static Sample next(String text, int start) {
    Matcher heading = HEADING.matcher(text).region(start, text.length());
    if (!heading.lookingAt()) {
      return null;
    }
    int characters = Integer.parseInt(heading.group(3));
    if (text.codePointCount(heading.end(), text.length()) < characters) {
      return null;
    }
    int end = text.offsetByCodePoints(heading.end(), characters);
    if (!text.startsWith(END, end)) {
      return null;
    }
    return new Sample(
        Integer.parseInt(heading.group(1)),
        Double.parseDouble(heading.group(2)),
        text.substring(heading.end(), end),
        end + END.length());
  }
}
