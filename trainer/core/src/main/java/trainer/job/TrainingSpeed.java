package trainer.job;

import java.util.Arrays;
import java.util.concurrent.CancellationException;
import trainer.config.Configuration;
import trainer.config.Samples;
import trainer.datavec.CharacterIterator;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.EvaluationLanes;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;

/**
 * The speed of a run, measured with a network that is then discarded. Writing files is not
 * included.
 *
 * @param iteration seconds, the median
 * @param evaluation seconds of an evaluation
 * @param samples seconds of the samples of one iteration that has some
 * @param average seconds per iteration, with its share of evaluations and samples
 */
public record TrainingSpeed(double iteration, double evaluation, double samples, double average) {
  private static final int MOST_ITERATIONS = 10_000;
  private static final int CHARACTERS = 100; // read to measure the speed of sampling

  /**
   * Measures.
   *
   * @param seconds of iterations to warm up, and again to measure; at least one each
   * @throws CancellationException if stopped
   */
  static TrainingSpeed measure(
      Configuration configuration,
      TrainingText text,
      EngineSelection selection,
      double seconds,
      StopSignal stop) {
    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration,
            text.corpus().vocabulary().size(),
            selection.type(),
            selection::engine)) {
      CharacterIterator segments = new CharacterIterator(text.training());
      iterate(network, segments, seconds, stop); // for the JIT compiler
      double iteration = median(iterate(network, segments, seconds, stop));
      double evaluation = evaluation(network, text.validation(), seconds, stop);
      double samples = samples(network, configuration.samples());
      if (stop.requested()) {
        throw new CancellationException(stop.reason());
      }
      int evaluateEvery = configuration.evaluation().everyIterations();
      int sampleEvery = configuration.samples().everyIterations();
      double average =
          iteration + evaluation / evaluateEvery + (sampleEvery == 0 ? 0 : samples / sampleEvery);
      return new TrainingSpeed(iteration, evaluation, samples, average);
    }
  }

  private static double[] iterate(
      CharacterNetwork network, CharacterIterator text, double seconds, StopSignal stop) {
    double[] times = new double[MOST_ITERATIONS];
    int count = 0;
    double spent = 0;
    do {
      if (!text.hasNext()) {
        text.reset();
      }
      long before = System.nanoTime();
      network.fit(text.nextSegment());
      times[count] = secondsSince(before);
      spent += times[count++];
    } while (spent < seconds && count < MOST_ITERATIONS && !stop.requested());
    return Arrays.copyOf(times, count);
  }

  private static double median(double[] times) {
    Arrays.sort(times);
    return times[times.length / 2];
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  /** A long split is measured in part. */
  private static double evaluation(
      CharacterNetwork network, EvaluationLanes lanes, double seconds, StopSignal stop) {
    try (Engine.Session session = network.engine().session(lanes.lanes())) {
      session.score(lanes.read(0));
      long read = 0;
      long start = System.nanoTime();
      do {
        session.score(lanes.read(read++));
      } while (read < lanes.segments() && secondsSince(start) < seconds && !stop.requested());
      return secondsSince(start) * lanes.segments() / read;
    }
  }

  private static double samples(CharacterNetwork network, Samples samples) {
    try (Engine.Session session = network.engine().session(1)) {
      int[] character = {0};
      long before = 0;
      for (int i = -CHARACTERS; i < CHARACTERS; i++) {
        before = i == 0 ? System.nanoTime() : before;
        session.next(character);
      }
      return secondsSince(before) / CHARACTERS * samples.length() * samples.temperatures().size();
    }
  }

  /** Iterations that fit into a time, at least one. */
  long iterationsWithin(double seconds) {
    return Math.max(1, (long) (seconds / average));
  }
}
