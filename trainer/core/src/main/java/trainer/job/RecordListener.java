package trainer.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import trainer.file.FileException;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.run.LossCurve;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.RunLock;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/**
 * Writes a row of metrics.csv every N iterations and at every evaluation, where it also draws the
 * loss curve, but not twice in ten seconds: a drawing takes as long as many iterations of a small
 * network.
 */
final class RecordListener implements TrainingListener {
  private static final long DRAWING_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final RunLock run;
  private final TrainingState state;
  private final RunRecords records;
  private final CharacterNetwork network;
  private final LossCurve curve;
  private final int everyIterations;
  private long drawnNanos = System.nanoTime() - DRAWING_NANOS;
  private boolean drawn = true;

  /**
   * @param everyIterations rows between evaluations
   */
  public RecordListener(
      RunLock run,
      TrainingState state,
      RunRecords records,
      CharacterNetwork network,
      LossCurve curve,
      int everyIterations) {
    this.run = run;
    this.state = state;
    this.records = records;
    this.network = network;
    this.curve = curve;
    this.everyIterations = everyIterations;
  }

  @Override
  public void updated(TrainingState state) {
    boolean evaluated = state.validationLoss() != null;
    if (state.isInterrupted() || !(evaluated || state.isDue(everyIterations))) {
      return;
    }
    run.requireHeld();
    try {
      records.append(row());
    } finally {
      state.reported(); // the row is kept even if it could not be written
    }
    if (evaluated) {
      records
          .events()
          .append(
              "evaluation",
              state.iteration(),
              Map.of(
                  "validation_loss", state.validationLoss(),
                  "best_loss", state.validation().bestLoss(),
                  "best_iteration", state.validation().bestIteration()));
      drawn = false;
      if (state.finished() != null || System.nanoTime() - drawnNanos >= DRAWING_NANOS) {
        draw();
      }
      records.tensorBoard().ifPresent(this::appendTo);
    }
  }

  /** Draws the loss curve unless it shows all rows. */
  void draw() {
    if (!drawn) {
      RunDirectory directory = run.directory();
      curve.draw(records.metrics().rows(), directory.lossSvg(), directory.lossPng());
      drawn = true;
      drawnNanos = System.nanoTime();
    }
  }

  private void appendTo(TensorBoard board) {
    Path png = run.directory().lossPng();
    board.append(state.iteration(), NamedParameters.of(network));
    if (state.finished() == null || !Files.exists(png)) {
      return;
    }
    try {
      board.append(state.iteration(), Files.readAllBytes(png));
    } catch (IOException e) {
      throw FileException.of(png, "cannot be read", e, "check the disk");
    }
  }

  private MetricsRow row() {
    double speed = state.charactersPerSecond();
    return new MetricsRow(
        state.iteration(),
        state.epoch(),
        state.characters(),
        state.seconds(),
        state.meanLoss(),
        state.validationLoss(),
        state.learningRate(),
        state.gradientNorm(),
        Double.isNaN(speed) ? null : speed); // NaN: all steps were an earlier process's
  }
}
