package trainer.training;

import java.util.Optional;
import trainer.config.Training.EarlyStopping;
import trainer.engine.Engine;

/** Measures the validation loss every N iterations and at the end, and stops training early. */
public final class EvaluationListener implements TrainingListener {
  private final Evaluator evaluator;
  private final int everyIterations;
  private final EarlyStopping earlyStopping;
  private final StopSignal stop;

  /**
   * @param everyIterations evaluation interval
   * @param stop aborts an evaluation, which is then discarded
   */
  public EvaluationListener(
      Evaluator evaluator, int everyIterations, EarlyStopping earlyStopping, StopSignal stop) {
    this.evaluator = evaluator;
    this.everyIterations = everyIterations;
    this.earlyStopping = earlyStopping;
    this.stop = stop;
  }

  @Override
  public void updated(TrainingState state) {
    if (!state.isDue(everyIterations)) {
      return;
    }
    Optional<Engine.Score> score = evaluator.evaluate(stop);
    if (score.isEmpty()) {
      state.interrupted();
      return;
    }
    state.evaluated(score.get().loss(), earlyStopping.minDelta());
    state.finishIfNotImproving(earlyStopping);
  }
}
