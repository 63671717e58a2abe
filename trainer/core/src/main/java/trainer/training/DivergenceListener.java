package trainer.training;

import java.util.Locale;

/**
 * Stops training whose loss is no longer a number, or far above where it was and above what
 * guessing gives.
 */
public final class DivergenceListener implements TrainingListener {
  /** A loss this many times what it should be at most is no fluctuation. */
  private static final double FACTOR = 3;

  private final double guessing; // loss of equal probabilities, nats per character

  /**
   * @param vocabularySize characters that the network chooses from
   */
  public DivergenceListener(int vocabularySize) {
    this.guessing = Math.log(vocabularySize);
  }

  @Override
  public void updated(TrainingState state) {
    if (state.isFromEarlierProcess()) {
      return; // the update was made, and checked, by the process that this one goes on from
    }
    double loss = state.loss();
    boolean spike = loss > FACTOR * Math.max(state.runningLoss(), guessing);
    if (!Double.isFinite(loss) || !Double.isFinite(state.gradientNorm()) || spike) {
      throw new DivergenceException(
          String.format(
              Locale.ROOT,
              "training diverged at iteration %,d: loss %.4f nats per character, gradient norm %.4g (running"
                  + " loss %.4f, guessing %.4f). Lower training.optimizer.learning_rate (it was %.3g) or"
                  + " training.gradient_clipping; the checkpoints before it are good",
              state.iteration(),
              loss,
              state.gradientNorm(),
              state.runningLoss(),
              guessing,
              state.learningRate()));
    }
  }
}
