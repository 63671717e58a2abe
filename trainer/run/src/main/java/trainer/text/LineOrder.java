package trainer.text;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A text's lines in a random order. The text keeps its length: if its last line has no line end,
 * the line that is last in the new order has none. Takes 20 bytes of memory per line.
 */
final class LineOrder {
  private static final int BLOCK = 1 << 14;

  private final long[] lines; // [line]: where it starts in the text, then where the last one ends
  private final int[] order; // [place]: line
  private final long[] places; // [place]: where it starts in the new order
  private final long length;

  private LineOrder(long[] lines, int[] order, long length) {
    this.lines = lines;
    this.order = order;
    this.length = length;
    places = new long[order.length];
    for (int place = 1; place < places.length; place++) {
      int before = order[place - 1];
      places[place] = places[place - 1] + lines[before + 1] - lines[before];
    }
  }

  /**
   * Shuffles the lines by Fisher and Yates' method with {@link Random}, whose numbers are the same
   * on every machine.
   *
   * @throws TextException if there are fewer than two
   */
  static LineOrder shuffled(EncodedText text, long seed) {
    long[] lines = lines(text);
    int count = lines.length - 1;
    if (count < 2) {
      throw new TextException(
          "data.shuffle: lines: the text has only one line, which ends with \\n or with the text:"
              + " leave data.shuffle out");
    }
    int[] order = IntStream.range(0, count).toArray();
    Random random = new Random(seed);
    for (int left = count; left > 1; left--) {
      int chosen = random.nextInt(left);
      int last = order[left - 1];
      order[left - 1] = order[chosen];
      order[chosen] = last;
    }
    return new LineOrder(lines, order, text.length());
  }

  /** Where lines start; the last one ends with a line end, behind the text if it has none. */
  private static long[] lines(EncodedText text) {
    int newline = text.vocabulary().index('\n');
    long[] lines = new long[1024];
    int count = 1; // the first starts at 0
    int[] block = new int[BLOCK];
    long length = text.length();
    for (long from = 0; from < length; from += BLOCK) {
      int size = (int) Math.min(BLOCK, length - from);
      text.read(from, size, block, 0, 1);
      for (int i = 0; i < size; i++) {
        if (block[i] == newline) {
          lines = count == lines.length ? Arrays.copyOf(lines, 2 * count) : lines;
          lines[count++] = from + i + 1;
        }
      }
    }
    lines = Arrays.copyOf(lines, lines[count - 1] == length ? count : count + 1);
    if (lines.length > count) {
      lines[count] = length + 1;
    }
    return lines;
  }

  /** The position in the text of a character in the new order. */
  long source(long position) {
    int found = Arrays.binarySearch(places, position);
    int place = found >= 0 ? found : -found - 2;
    long source = lines[order[place]] + position - places[place];
    return source == length ? lines[1] - 1 : source; // any line end, for the missing one
  }
}
