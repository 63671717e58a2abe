package trainer.text;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A text's characters in another order: pieces of it, one after the other. Takes 16 bytes of memory
 * per piece.
 */
final class TextOrder {
  private static final int BLOCK = 1 << 14;

  private final long[] places; // [piece]: where it starts in the new order
  private final long[] sources; // [piece]: where it starts in the text

  private TextOrder(long[] places, long[] sources) {
    this.places = places;
    this.sources = sources;
  }

  /** The position in the text of a character in the new order. */
  long source(long position) {
    int found = Arrays.binarySearch(places, position);
    int piece = found >= 0 ? found : -found - 2;
    return sources[piece] + position - places[piece];
  }

  /**
   * Lines in a random order, shuffled by Fisher and Yates' method with {@link Random}, whose
   * numbers are the same on every machine. If the text's last line has no line end, the line that
   * comes last has none.
   *
   * @throws TextException if there are fewer than two lines
   */
  static TextOrder shuffledLines(EncodedText text, long seed) {
    long[] lines = lines(text); // [line]: where it starts, then where the last one ends
    int count = lines.length - 1;
    if (count < 2) {
      throw new TextException(
          "data.shuffle: lines: the text has only one line; lines end with \\n: leave data.shuffle"
              + " out");
    }
    int[] order = IntStream.range(0, count).toArray();
    Random random = new Random(seed);
    for (int left = count; left > 1; left--) {
      int chosen = random.nextInt(left);
      int last = order[left - 1];
      order[left - 1] = order[chosen];
      order[chosen] = last;
    }
    boolean unended = lines[count] > text.length();
    long[] places = new long[unended ? count + 1 : count];
    long[] sources = new long[places.length];
    int piece = 0;
    long place = 0;
    for (int line : order) {
      places[piece] = place;
      sources[piece++] = lines[line];
      place += lines[line + 1] - lines[line];
      if (unended && line == count - 1) {
        places[piece] = place - 1; // the line end that it lacks; past the text if it is still last
        sources[piece++] = lines[1] - 1;
      }
    }
    return new TextOrder(places, sources);
  }

  /** Where lines start, and where the last one ends, with the line end that it may lack. */
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
    if (lines[count - 1] < length) {
      lines = Arrays.copyOf(lines, count + 1);
      lines[count++] = length + 1;
    }
    return Arrays.copyOf(lines, count);
  }

  /** The training parts of all blocks, then their validation parts, then their test parts. */
  static TextOrder splitBlocks(long characters, List<Double> fractions, int blocks) {
    List<Splits> inBlocks = Splits.ofBlocks(characters, fractions, blocks);
    List<Split> parts =
        LongStream.range(0, 3)
            .boxed()
            .flatMap(part -> inBlocks.stream().map(block -> block.parts().get(part.intValue())))
            .filter(part -> !part.isEmpty())
            .toList();
    long[] places = new long[parts.size()];
    for (int piece = 1; piece < places.length; piece++) {
      places[piece] = places[piece - 1] + parts.get(piece - 1).length();
    }
    return new TextOrder(places, parts.stream().mapToLong(Split::from).toArray());
  }
}
