package trainer.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import trainer.checkpoint.Checkpoint;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.config.Samples;
import trainer.datavec.CharacterIterator;
import trainer.engine.Engine;
import trainer.file.FileException;
import trainer.network.CharacterNetwork;
import trainer.text.EvaluationLanes;
import trainer.training.EngineSelection;
import trainer.training.Progress;
import trainer.training.StopSignal;
import trainer.training.TrainingLoop;

/**
 * The speed of a run, measured with a network that is then discarded.
 *
 * @param iteration seconds, the median
 * @param evaluation seconds of an evaluation
 * @param samples seconds of the samples of one iteration that has some
 * @param checkpoint seconds of a checkpoint, in the folder for temporary files
 * @param average seconds per iteration, with its share of evaluations, samples and checkpoints
 */
public record TrainingSpeed(
    double iteration, double evaluation, double samples, double checkpoint, double average) {
  private static final int MOST_ITERATIONS = 10_000;
  private static final int CHARACTERS = 100; // read to measure the speed of sampling

  /**
   * Measures.
   *
   * @param seconds of iterations to warm up, and again to measure; at least one each, and no more
   *     than the run has
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
      int most = mostIterations(configuration, text);
      iterate(network, segments, seconds, most, stop); // for the JIT compiler
      double iteration = median(iterate(network, segments, seconds, most, stop));
      double evaluation = evaluation(network, text.validation(), seconds, stop);
      double samples = samples(network, configuration.samples());
      double checkpoint = checkpoint(network, configuration, text);
      if (stop.requested()) {
        throw new CancellationException(stop.reason());
      }
      int evaluateEvery = configuration.evaluation().everyIterations();
      int sampleEvery = configuration.samples().everyIterations();
      double average =
          iteration
              + evaluation / evaluateEvery
              + (sampleEvery == 0 ? 0 : samples / sampleEvery)
              + checkpoint * checkpointsPerIteration(configuration);
      return new TrainingSpeed(iteration, evaluation, samples, checkpoint, average);
    }
  }

  /** Of a short run no more than it has: it ends before the JIT compiler has. */
  private static int mostIterations(Configuration configuration, TrainingText text) {
    long iterations = TrainingLoop.iterations(configuration.training(), text.training().segments());
    return (int) Math.min(MOST_ITERATIONS, Math.max(1, iterations / 2));
  }

  /** As if each evaluation found a new best loss; those of {@code every_minutes} do not count. */
  static double checkpointsPerIteration(Configuration configuration) {
    double every = configuration.checkpoints().everyIterations();
    double evaluate = configuration.evaluation().everyIterations();
    double planned = every == 0 ? 0 : 1 / every;
    if (configuration.checkpoints().keepBest() == 0) {
      return planned;
    }
    // Where both are due, one is written: of every·evaluate iterations, gcd(every, evaluate).
    double both = planned == 0 ? 0 : gcd(every, evaluate) / (every * evaluate);
    return planned + 1 / evaluate - both;
  }

  private static double gcd(double a, double b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** Not zero only if the folder for temporary files can be written. */
  private static double checkpoint(
      CharacterNetwork network, Configuration configuration, TrainingText text) {
    Checkpoint written =
        CheckpointListener.checkpoint(
            network,
            new CheckpointListener.Texts(
                ConfigurationWriter.toYaml(configuration),
                text.corpus().vocabulary().toJson(),
                "{}"),
            Progress.start(),
            "");
    try {
      Path file = Files.createTempFile("checkpoint", ".zip");
      try {
        written.write(file);
        long before = System.nanoTime();
        written.write(file);
        return secondsSince(before);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException | FileException e) {
      return 0; // the estimate lacks it; a run needs no such folder
    }
  }

  private static double[] iterate(
      CharacterNetwork network, CharacterIterator text, double seconds, int most, StopSignal stop) {
    double[] times = new double[most];
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
    } while (spent < seconds && count < most && !stop.requested());
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
  static double evaluation(
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
