package trainer.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import trainer.text.Segment;

/** Random characters in lanes, as consecutive segments. */
public final class RandomText {
  private RandomText() {}

  /** Segments of the given lengths. */
  public static List<Segment> segments(int vocabulary, int lanes, long seed, int... lengths) {
    int steps = Arrays.stream(lengths).sum();
    Random random = new Random(seed);
    int[][] text = new int[steps + 1][]; // [step][lane]
    Arrays.setAll(text, step -> random.ints(lanes, 0, vocabulary).toArray());
    List<Segment> segments = new ArrayList<>();
    int from = 0;
    for (int length : lengths) {
      segments.add(
          new Segment(
              length,
              lanes,
              steps(text, from, from + length),
              steps(text, from + 1, from + 1 + length)));
      from += length;
    }
    return segments;
  }

  private static int[] steps(int[][] text, int from, int to) {
    return IntStream.range(from, to).flatMap(t -> Arrays.stream(text[t])).toArray();
  }
}
