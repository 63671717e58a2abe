package trainer.run;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads samples from the text of a {@link SamplesFile}, piece by piece: the memory it needs does
 * not grow with the text. After what is no sample it reads nothing more. Not safe for several
 * threads.
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
   * A sample as it stands in a file.
   *
   * @param temperature what the probabilities were sharpened by
   * @param characters code points of all its text
   * @param text as many of its first characters as are kept
   * @param end bytes of the file up to the next one
   */
  public record Sample(int iteration, double temperature, int characters, String text, long end) {}

  /**
   * @param most code points of a text that are kept
   */
  public SampleReader(int most) {
    this.most = most;
  }

  /** Reads on; returns the samples that end in this piece. */
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
    text = new StringBuilder(); // a long one must not be held by those that follow
    return characters == 0 ? Part.FIRST_NEWLINE : Part.TEXT;
  }

  private Part afterText(char c) {
    // A character of two halves is seen with its second.
    if (seen < most) {
      text.append(c);
    }
    seen += Character.isHighSurrogate(c) ? 0 : 1;
    return seen == characters ? Part.FIRST_NEWLINE : Part.TEXT;
  }
}
