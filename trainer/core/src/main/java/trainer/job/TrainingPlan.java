package trainer.job;

import trainer.config.Configuration;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.training.EngineSelection;
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

  /** Updates of the whole run. */
  public long iterations() {
    return TrainingLoop.iterations(configuration.training(), text.training().segments());
  }
}
