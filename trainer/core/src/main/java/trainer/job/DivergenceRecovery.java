package trainer.job;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.CheckpointFolder.Found;
import trainer.checkpoint.Retention;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Checkpoints;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.file.ShellWord;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.training.DivergenceException;
import trainer.training.TrainingException;
import trainer.training.TrainingState;

/**
 * Rolls a diverged run back to its newest regular checkpoint and halves the learning rate. The
 * checkpoint is rewritten with the new rate and later ones are deleted, so a run that is killed now
 * resumes the same way.
 */
public record DivergenceRecovery(
    RunDirectory directory, Configuration configuration, JobReporter reporter) {
  /** Of the learning rate, at each retry. */
  static final double FACTOR = 0.5;

  /** Most retries in a run. */
  public static final int RETRIES = 3;

  /**
   * Rolls back.
   *
   * @return where training resumes
   * @throws TrainingException after the last retry
   */
  TrainingStart after(DivergenceException divergence, TrainingState state, Events events) {
    double factor = state.learningRateFactor() * FACTOR;
    int retry = (int) Math.round(Math.log(factor) / Math.log(FACTOR));
    CheckpointFolder folder = new CheckpointFolder(directory);
    if (retry > RETRIES) {
      throw new TrainingException(
          "%s; the learning rate was halved %d times already. %s"
              .formatted(divergence.getMessage(), RETRIES, advice(factor, folder)));
    }
    Checkpoints settings = configuration.checkpoints();
    Retention retention = new Retention(settings.keepLast(), settings.keepBest());
    Optional<Found> found = folder.newestWhole(this::isRegular);
    found.ifPresent(
        whole -> whole.skipped().forEach(reason -> reporter.message("skipped: " + reason)));
    int iteration = found.map(whole -> whole.checkpoint().progress().iteration()).orElse(0);
    // Before the checkpoint: a process killed in between leaves an event that the next one repeats,
    // as with every event after the last checkpoint.
    events.appendIfThereIsSpace(
        "rolled_back",
        state.iteration(),
        Map.of(
            "reason", divergence.getMessage(),
            "to_iteration", iteration,
            "learning_rate_factor", factor,
            "retry", retry));
    Optional<SavedNetwork> saved =
        found.map(
            whole -> {
              Checkpoint checkpoint = whole.checkpoint().withLearningRateFactor(factor);
              List<MetricsRow> rows =
                  Metrics.parse(checkpoint.metrics(), ShellWord.shown(whole.file()));
              return SavedNetwork.of(folder.write(checkpoint, retention, rows), checkpoint);
            });
    reporter.message(divergence.getMessage());
    String place =
        saved.isPresent()
            ? String.format(Locale.ROOT, "rolling back to iteration %,d", iteration)
            : "there is no regular checkpoint yet: rolling back to the initial weights";
    reporter.message(
        "%s, learning rate scaled by %s (retry %d of %d)".formatted(place, factor, retry, RETRIES));
    return new TrainingStart(saved, factor);
  }

  /** What may work, for this configuration. */
  private String advice(double factor, CheckpointFolder folder) {
    double rate = configuration.training().optimizer().learningRate() * factor;
    GradientClipping clipping = configuration.training().gradientClipping();
    String clip =
        clipping instanceof GradientClipping.Norm norm
            ? "training.gradient_clipping.norm=" + norm.norm() / 2
            : clipping instanceof GradientClipping.Value value
                ? "training.gradient_clipping.value=" + value.value() / 2
                : "'training.gradient_clipping={norm: 5.0}'";
    List<Long> iterations = folder.iterations();
    String good =
        iterations.isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "; the checkpoints to iteration %,d are good",
                iterations.get(iterations.size() - 1));
    return ("Start over with --resume never --set training.optimizer.learning_rate=%s or --resume never"
            + " --set %s%s")
        .formatted(rate, clip, good);
  }

  /** One that an uninterrupted run has too: stops must not change the result. */
  private boolean isRegular(long iteration) {
    Checkpoints settings = configuration.checkpoints();
    return settings.everyIterations() > 0 && iteration % settings.everyIterations() == 0;
  }
}
