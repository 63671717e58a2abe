package trainer.job;

import java.util.Map;
import trainer.run.Events;
import trainer.run.LossCurve;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunLock;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/**
 * Writes a row of metrics.csv every N iterations and at every evaluation, where it also draws the
 * loss curve.
 */
final class RecordListener implements TrainingListener {
  private final RunLock run;
  private final TrainingState state;
  private final Metrics metrics;
  private final Events events;
  private final LossCurve curve;
  private final int everyIterations;

  /**
   * @param everyIterations rows between evaluations
   */
  public RecordListener(
      RunLock run,
      TrainingState state,
      Metrics metrics,
      Events events,
      LossCurve curve,
      int everyIterations) {
    this.run = run;
    this.state = state;
    this.metrics = metrics;
    this.events = events;
    this.curve = curve;
    this.everyIterations = everyIterations;
  }

  @Override
  public void updated(TrainingState state) {
    boolean evaluated = state.validationLoss() != null;
    if (state.isInterrupted() || !(evaluated || state.isDue(everyIterations))) {
      return;
    }
    run.requireHeld();
    try {
      metrics.append(row());
    } finally {
      state.reported(); // the row is kept even if it could not be written
    }
    if (evaluated) {
      events.append(
          "evaluation",
          state.iteration(),
          Map.of(
              "validation_loss", state.validationLoss(),
              "best_loss", state.validation().bestLoss(),
              "best_iteration", state.validation().bestIteration()));
      curve.draw(metrics.rows(), run.directory().lossSvg(), run.directory().lossPng());
    }
  }

  private MetricsRow row() {
    double speed = state.charactersPerSecond();
    return new MetricsRow(
        state.iteration(),
        state.epoch(),
        state.characters(),
        state.seconds(),
        state.meanLoss(),
        state.validationLoss(),
        state.learningRate(),
        state.gradientNorm(),
        Double.isNaN(speed) ? null : speed); // NaN: all steps were an earlier process's
  }
}
