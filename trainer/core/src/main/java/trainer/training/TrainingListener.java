package trainer.training;

/** Called after every update, in the thread that trains. */
@FunctionalInterface
public interface TrainingListener {

  /**
   * An update was made.
   *
   * @param state the run after it, valid during the call
   */
  void updated(TrainingState state);
}
