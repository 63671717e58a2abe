package trainer.cli;

import java.util.Arrays;
import trainer.network.CharacterNetwork;
import trainer.text.Lanes;
import trainer.text.Segment;
import trainer.training.StopSignal;

/**
 * How long training iterations took, from characters to updated weights.
 *
 * @param milliseconds of each, in ascending order
 * @param warmUp iterations before them that were not timed
 */
record IterationTimes(double[] milliseconds, int warmUp) {
  /** Until then Java's compiler has not settled. */
  private static final int WARM_UP = 15;

  private static final double WARM_UP_SECONDS = 15;

  /**
   * Trains on the text in order, over and over where it is short.
   *
   * @param stop ends the work early; what was measured then is of no use
   */
  static IterationTimes measure(
      CharacterNetwork network, Lanes lanes, int iterations, StopSignal stop) {
    long start = System.nanoTime();
    int warmUp = 0;
    Segment segment = new Segment(lanes.length(), lanes.lanes());
    while (warmUp < WARM_UP && secondsSince(start) < WARM_UP_SECONDS && !stop.requested()) {
      iterate(network, lanes, warmUp, segment);
      warmUp++;
    }
    double[] milliseconds = new double[iterations];
    for (int i = 0; i < iterations && !stop.requested(); i++) {
      long before = System.nanoTime();
      iterate(network, lanes, warmUp + i, segment);
      milliseconds[i] = secondsSince(before) * 1e3;
    }
    Arrays.sort(milliseconds);
    return new IterationTimes(milliseconds, warmUp);
  }

  private static void iterate(
      CharacterNetwork network, Lanes lanes, int iteration, Segment segment) {
    lanes.read(iteration % lanes.segments(), segment);
    network.fit(segment);
  }

  private static double secondsSince(long nanoseconds) {
    return (System.nanoTime() - nanoseconds) / 1e9;
  }

  /** Iterations timed. */
  int count() {
    return milliseconds.length;
  }

  double median() {
    int middle = count() / 2;
    return count() % 2 == 1
        ? milliseconds[middle]
        : (milliseconds[middle - 1] + milliseconds[middle]) / 2;
  }

  double fastest() {
    return milliseconds[0];
  }

  double slowest() {
    return milliseconds[count() - 1];
  }
}
