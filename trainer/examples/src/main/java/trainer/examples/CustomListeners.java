package trainer.examples;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.optimize.listeners.CollectScoresIterationListener;
import trainer.config.ConfigurationLoader;
import trainer.job.TrainingJob;
import trainer.training.StopSignal;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/**
 * A listener that stops training, and one of Deeplearning4j: {@code CustomListeners CONFIG RUN}.
 */
public final class CustomListeners {

  /** Stops training once the running loss is low enough. The run can be resumed. */
  static final class LossGoal implements TrainingListener {
    private final double nats; // per character
    private final StopSignal stop;

    LossGoal(double nats, StopSignal stop) {
      this.nats = nats;
      this.stop = stop;
    }

    @Override
    public void updated(TrainingState state) {
      if (state.runningLoss() < nats) {
        stop.request("a running loss of %.2f nats".formatted(nats));
      }
    }
  }

  private CustomListeners() {}

  /** Trains what a YAML file describes until the loss is below 3 nats. */
  public static void main(String[] arguments) {
    train(Path.of(arguments[0]), Path.of(arguments[1]));
  }

  static CollectScoresIterationListener train(Path configuration, Path run) {
    StopSignal stop = new StopSignal();
    CollectScoresIterationListener scores = new CollectScoresIterationListener(10);
    new TrainingJob(ConfigurationLoader.load(configuration, List.of()), run)
        .stop(stop)
        .listener(new LossGoal(3.0, stop))
        .listener(scores) // any listener of Deeplearning4j
        .run();
    return scores;
  }
}
