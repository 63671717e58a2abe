package trainer.training;

import java.util.Optional;
import java.util.function.Consumer;
import trainer.config.Training.EarlyStopping;
import trainer.engine.Engine;

/** Measures the validation loss every N iterations and at the end, and stops training early. */
public final class EvaluationListener implements TrainingListener {
  private final Evaluator evaluator;
  private final int everyIterations;
  private final EarlyStopping earlyStopping;
  private final StopSignal stop;
  private final Consumer<TrainingState> starting;

  /**
   * @param everyIterations evaluation interval
   * @param stop aborts an evaluation, which is then discarded
   * @param starting called before each evaluation
   */
  public EvaluationListener(
      Evaluator evaluator,
      int everyIterations,
      EarlyStopping earlyStopping,
      StopSignal stop,
      Consumer<TrainingState> starting) {
    this.evaluator = evaluator;
    this.everyIterations = everyIterations;
    this.earlyStopping = earlyStopping;
    this.stop = stop;
    this.starting = starting;
  }

  @Override
  public void updated(TrainingState state) {
    if (!state.isDue(everyIterations)) {
      return;
    }
    starting.accept(state);
    Optional<Engine.Score> score = evaluator.evaluate(stop);
    if (score.isEmpty()) {
      state.interrupted();
      return;
    }
    state.evaluated(score.get().loss(), earlyStopping.minDelta());
    state.finishIfNotImproving(earlyStopping);
  }
}
