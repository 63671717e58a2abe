package trainer.search;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import trainer.config.Configuration;
import trainer.datavec.CharacterIterator;
import trainer.engine.Engine;
import trainer.job.CorpusReader;
import trainer.job.JobReporter;
import trainer.job.TrainingText;
import trainer.network.CharacterNetwork;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;
import trainer.training.TrainingException;

/**
 * Looks for a learning rate by a range test (Smith 2015, <i>Cyclical Learning Rates for Training
 * Neural Networks</i>): trains a new network while the rate grows exponentially from step to step,
 * and looks at where the loss begins to rise. Writes nothing.
 */
public final class RateFinder {
  /** Ends the test: times the lowest loss. */
  private static final double DIVERGED = 3;

  private final Configuration configuration;
  private JobReporter reporter = JobReporter.SILENT;
  private StopSignal stop = new StopSignal();
  private IntConsumer progress = step -> {};

  /** A test of a configuration's text, network and optimizer; its own rate does not matter. */
  public RateFinder(Configuration configuration) {
    this.configuration = configuration.started();
  }

  /** Receives messages. Default: none. */
  public RateFinder reporter(JobReporter receiver) {
    reporter = receiver;
    return this;
  }

  /** Receives the number of steps after each. */
  public RateFinder progress(IntConsumer receiver) {
    progress = receiver;
    return this;
  }

  /** Lets another thread stop the test. */
  public RateFinder stop(StopSignal signal) {
    stop = signal;
    return this;
  }

  /**
   * Trains, until the loss has grown far beyond its lowest.
   *
   * @param lowest the rate of the first step
   * @param highest the rate of the last step
   * @throws CancellationException if stopped
   * @throws TrainingException if the loss has grown so far before its mean says anything
   */
  public RateCurve find(double lowest, double highest, int steps) {
    EngineSelection selection = EngineSelection.of(configuration.compute());
    TrainingText text =
        TrainingText.of(
            new CorpusReader(stop, reporter).openTemporarily(configuration.data()), configuration);
    double[] rates = new double[steps];
    double[] losses = new double[steps];
    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration,
            text.corpus().vocabulary().size(),
            selection.type(),
            selection::engine)) {
      CharacterIterator segments = new CharacterIterator(text.training());
      int step = 0;
      double best = Double.POSITIVE_INFINITY;
      while (step < steps) {
        if (segments.position() == 0) {
          network.engine().clearState();
        }
        rates[step] = lowest * Math.pow(highest / lowest, step / (steps - 1.0));
        Engine.Step made = network.step(segments.nextSegment(), rates[step]);
        losses[step] = made.loss();
        if (stop.requested()) {
          throw new CancellationException(stop.reason());
        }
        if (!(made.loss() < DIVERGED * best)) {
          checkEnough(step, rates);
          break;
        }
        best = Math.min(best, made.loss());
        progress.accept(++step);
        if (!segments.hasNext()) {
          segments.reset();
        }
      }
      return RateCurve.of(Arrays.copyOf(rates, step), Arrays.copyOf(losses, step));
    }
  }

  private static void checkEnough(int steps, double[] rates) {
    if (steps <= RateCurve.SKIPPED) {
      throw new TrainingException(
          String.format(
              Locale.ROOT,
              "training diverged at step %d, with the learning rate %.2g: start lower, such as with"
                  + " --from %s",
              steps + 1,
              rates[steps],
              rates[0] / 1000));
    }
  }
}
