package trainer.job;

import trainer.run.RunException;

import java.util.List;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * Lets training go on while the disk is full: what its listeners cannot write then is left out, the
 * last checkpoint stays, and the next is written when there is space. Says so once.
 */
public final class FullDiskListener extends BaseTrainingListener {
  private final List<TrainingListener> writers;
  private final Consumer<String> warning;
  private boolean said;

  /**
   * @param writers the listeners that write, called in this order
   * @param warning is told once
   */
  public FullDiskListener(List<TrainingListener> writers, Consumer<String> warning) {
    this.writers = List.copyOf(writers);
    this.warning = warning;
  }

  @Override
  public void iterationDone(Model model, int iteration, int epoch) {
    for (TrainingListener writer : writers) {
      try {
        writer.iterationDone(model, iteration, epoch);
      } catch (RunException e) {
        if (!e.isFullDisk()) {
          throw e;
        }
        if (!said) {
          said = true;
          warning.accept(
              e.getMessage()
                  + "; training goes on, and writes checkpoints again once there is space");
        }
      }
    }
  }
}
