package trainer.run;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the text of a {@link SamplesFile} as a stream, in constant memory. It stops at the first
 * malformed sample. Not thread-safe.
 */
public final class SampleReader {
  private static final Pattern HEADING =
      Pattern.compile(
          "=== iteration (?<iteration>[0-9]{1,9}), temperature"
              + " (?<temperature>[0-9]{1,9}(\\.[0-9]{1,20})?(E-?[0-9]{1,3})?),"
              + " (?<characters>[0-9]{1,9}) characters ===\n");

  private static final int LONGEST_HEADING = 128;

  private final int most;
  private final StringBuilder heading = new StringBuilder();
  private StringBuilder text = new StringBuilder();
  private Part part = Part.HEADING;
  private int iteration;
  private double temperature;
  private int characters;
  private int seen;
  private long bytes;

  private enum Part {
    HEADING,
    TEXT,
    FIRST_NEWLINE,
    SECOND_NEWLINE,
    NO_SAMPLE
  }

  /**
   * A sample in a file.
   *
   * @param temperature of the sampling
   * @param characters code points of the complete text
   * @param text its first characters
   * @param end offset of the next sample, bytes
   */
  public record Sample(int iteration, double temperature, int characters, String text, long end) {}

  /** Keeps at most {@code most} code points of each text. */
  public SampleReader(int most) {
    this.most = most;
  }

  /** Returns the samples that end in this piece. */
  public List<Sample> read(CharSequence piece) {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < piece.length() && part != Part.NO_SAMPLE; i++) {
      char c = piece.charAt(i);
      bytes += utf8Bytes(c);
      part = partAfter(c);
      if (part == Part.HEADING && heading.isEmpty()) {
        samples.add(new Sample(iteration, temperature, characters, text.toString(), bytes));
      }
    }
    return samples;
  }

  private static int utf8Bytes(char c) {
    if (c < 0x80) {
      return 1;
    }
    return c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
  }

  private Part partAfter(char c) {
    return switch (part) {
      case HEADING -> afterHeading(c);
      case TEXT -> afterText(c);
      case FIRST_NEWLINE -> c == '\n' ? Part.SECOND_NEWLINE : Part.NO_SAMPLE;
      case SECOND_NEWLINE -> c == '\n' ? Part.HEADING : Part.NO_SAMPLE;
      case NO_SAMPLE -> Part.NO_SAMPLE;
    };
  }

  private Part afterHeading(char c) {
    heading.append(c);
    if (c != '\n') {
      return heading.length() < LONGEST_HEADING ? Part.HEADING : Part.NO_SAMPLE;
    }
    Matcher matcher = HEADING.matcher(heading);
    if (!matcher.matches()) {
      return Part.NO_SAMPLE;
    }
    iteration = Integer.parseInt(matcher.group("iteration"));
    temperature = Double.parseDouble(matcher.group("temperature"));
    characters = Integer.parseInt(matcher.group("characters"));
    seen = 0;
    heading.setLength(0);
    text = new StringBuilder(); // releases a long buffer
    return characters == 0 ? Part.FIRST_NEWLINE : Part.TEXT;
  }

  private Part afterText(char c) {
    // A surrogate pair counts at its second half.
    if (seen < most) {
      text.append(c);
    }
    seen += Character.isHighSurrogate(c) ? 0 : 1;
    return seen == characters ? Part.FIRST_NEWLINE : Part.TEXT;
  }
}
