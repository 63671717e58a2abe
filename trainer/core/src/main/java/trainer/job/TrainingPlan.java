package trainer.job;

import java.util.List;
import trainer.config.Configuration;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/**
 * A run that is about to train.
 *
 * @param network with its initial parameters
 * @param state progress so far
 */
public record TrainingPlan(
    Configuration configuration,
    RunDirectory directory,
    TrainingText text,
    CharacterNetwork network,
    EngineSelection engine,
    TrainingState state) {
  /** To estimate the time of an evaluation during training. */
  private static final double MEASURING_SECONDS = 0.1;

  /** Updates of the whole run, unless the time budget ends it before. */
  public long iterations() {
    return TrainingLoop.iterations(configuration.training(), text.training().segments());
  }

  /** Seconds until the last iteration at a speed, or to the end of the time budget if sooner. */
  public double secondsLeft(double secondsPerIteration) {
    return Math.min(
        state.secondsLeft(configuration.training()),
        secondsPerIteration * (iterations() - state.iteration()));
  }

  /** Measures the seconds of an evaluation by reading a part of the validation split. */
  public double secondsPerEvaluation() {
    return TrainingSpeed.evaluation(
        network, text.validation(), MEASURING_SECONDS, new StopSignal());
  }

  /** What a user should know before training, a sentence each; empty if all is well. */
  public List<String> warnings() {
    return PlanWarnings.of(this);
  }
}
