package trainer.training;

/** Called after every update, in the thread that trains. */
@FunctionalInterface
public interface TrainingListener {

  /**
   * Called after an update.
   *
   * @param state the run after the update, valid during the call
   */
  void updated(TrainingState state);
}
