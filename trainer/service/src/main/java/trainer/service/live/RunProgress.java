package trainer.service.live;

import java.util.List;
import java.util.Optional;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;

/**
 * The figures of a run. List, run page, comparison, REST interface and metrics all show these;
 * {@link RunFigures} computes them. Losses are in nats per character.
 *
 * @param last the newest row
 * @param validationLoss newest; null before the first
 * @param bestValidationLoss lowest; null before the first
 * @param bestIteration where it was measured; 0 before the first
 * @param charactersPerSecond {@linkplain trainer.run.Metrics#speed speed} of training steps; null
 *     if unknown
 * @param secondsPerIteration of the latest rows, with evaluations and checkpoints
 * @param validationLosses some of them, evenly spaced: a sketch of the curve
 * @param start what its first event says
 */
public record RunProgress(
    MetricsRow last,
    Double validationLoss,
    Double bestValidationLoss,
    int bestIteration,
    Double charactersPerSecond,
    double secondsPerIteration,
    List<Double> validationLosses,
    RunStart start) {

  /** Empty before the first row. */
  public static Optional<RunProgress> of(RunDirectory directory) {
    return new RunFigures(directory).now();
  }

  /** Seconds left at the latest speed, or of the time budget if less; empty if unknown. */
  public Optional<Double> secondsLeft() {
    if (start.iterations() == 0 || !Double.isFinite(secondsPerIteration)) {
      return Optional.empty();
    }
    double training = (start.iterations() - last.iteration()) * secondsPerIteration;
    return Optional.of(Math.max(0, Math.min(training, 60 * start.maxMinutes() - last.seconds())));
  }
}
