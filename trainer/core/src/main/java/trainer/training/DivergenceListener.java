package trainer.training;

import java.util.Locale;

/**
 * Throws {@link DivergenceException} if the loss or the gradient norm is not finite, or if the loss
 * is more than 3 times both its running mean and the uniform baseline.
 */
public final class DivergenceListener implements TrainingListener {
  private static final double FACTOR = 3;

  private final double uniform; // loss of a uniform distribution, nats per character

  public DivergenceListener(int vocabularySize) {
    this.uniform = Math.log(vocabularySize);
  }

  @Override
  public void updated(TrainingState state) {
    if (state.isFromEarlierProcess()) {
      return; // checked by the process that made the update
    }
    double loss = state.loss();
    boolean spike = loss > FACTOR * Math.max(state.runningLoss(), uniform);
    if (!Double.isFinite(loss) || !Double.isFinite(state.gradientNorm()) || spike) {
      throw new DivergenceException(
          String.format(
              Locale.ROOT,
              "training diverged at iteration %,d: loss %.4f nats per character, gradient norm %.4g (running"
                  + " loss %.4f, uniform baseline %.4f, learning rate %.3g)",
              state.iteration(),
              loss,
              state.gradientNorm(),
              state.runningLoss(),
              uniform,
              state.learningRate()));
    }
  }
}
