package trainer.job;

import java.util.List;
import java.util.function.Consumer;
import trainer.file.FileException;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/**
 * Lets training go on while the disk is full: what its listeners cannot write then is left out, the
 * last checkpoint stays, and the next is written when there is space. Says so once.
 */
final class FullDiskListener implements TrainingListener {
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
  public void updated(TrainingState state) {
    for (TrainingListener writer : writers) {
      try {
        writer.updated(state);
      } catch (FileException e) {
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
