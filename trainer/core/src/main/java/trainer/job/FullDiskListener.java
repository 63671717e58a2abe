package trainer.job;

import java.util.List;
import java.util.function.Consumer;
import trainer.file.FileException;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/**
 * Keeps training while the disk is full: writes that fail are skipped, and the next checkpoint is
 * written once there is space. Warns once.
 */
final class FullDiskListener implements TrainingListener {
  private final List<TrainingListener> writers;
  private final Consumer<String> warning;
  private boolean warned;

  /**
   * @param writers the listeners that write, called in this order
   * @param warning receives one message
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
        if (!warned) {
          warned = true;
          warning.accept(
              e.getMessage()
                  + "; training continues, and saves checkpoints again once there is space");
        }
      }
    }
  }
}
