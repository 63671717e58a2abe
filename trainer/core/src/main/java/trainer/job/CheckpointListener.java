package trainer.job;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.Numbers;
import trainer.checkpoint.Retention;
import trainer.config.Checkpoints;
import trainer.network.CharacterNetwork;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.RunLock;
import trainer.training.DivergenceException;
import trainer.training.Phase;
import trainer.training.Progress;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/** Writes checkpoints: at intervals, at each new best validation loss, and at the end. */
final class CheckpointListener implements TrainingListener {
  private static final double NANOSECONDS_PER_MINUTE = 60e9;
  private static final int NONE = -1;

  private final RunLock run;
  private final CheckpointFolder folder;
  private final Retention retention;
  private final Checkpoints settings;
  private final CharacterNetwork network;
  private final TrainingState state;
  private final Metrics metrics;
  private final Events events;
  private final Texts texts;
  private final JobReporter reporter;
  private int written; // iteration of the newest complete checkpoint on disk
  private long triedNanos = System.nanoTime(); // time of the last write, failed ones included

  /**
   * The run's texts that every checkpoint contains.
   *
   * @param configuration config.yml
   * @param vocabulary vocabulary.json
   * @param provenance provenance.json
   */
  public record Texts(String configuration, String vocabulary, String provenance) {}

  CheckpointListener(
      RunLock run,
      Checkpoints settings,
      CharacterNetwork network,
      TrainingState state,
      Metrics metrics,
      Events events,
      Texts texts,
      JobReporter reporter) {
    this.run = run;
    this.folder = new CheckpointFolder(run.directory());
    this.retention = new Retention(settings.keepLast(), settings.keepBest());
    this.settings = settings;
    this.network = network;
    this.state = state;
    this.metrics = metrics;
    this.events = events;
    this.texts = texts;
    this.reporter = reporter;
    this.written = state.startsUnrecorded() ? NONE : state.iteration();
  }

  @Override
  public void updated(TrainingState state) {
    if (!state.isInterrupted() && isDue()) {
      write();
    }
  }

  private boolean isDue() {
    boolean best = settings.keepBest() > 0 && state.validation().isBest(state.iteration());
    double minutes = (System.nanoTime() - triedNanos) / NANOSECONDS_PER_MINUTE;
    boolean late = settings.everyMinutes() != null && minutes >= settings.everyMinutes();
    return best || late || state.isDue(settings.everyIterations());
  }

  /** Writes a checkpoint of the current iteration, unless it exists. */
  public void write() {
    if (written == state.iteration() && !state.isInterrupted()) {
      return;
    }
    run.requireHeld();
    reporter.phase(Phase.WRITING_CHECKPOINT, state);
    Path file;
    try {
      file = folder.write(checkpoint(), retention, metrics.rows());
    } finally {
      triedNanos = System.nanoTime();
    }
    written = state.iteration();
    events.appendIfThereIsSpace("checkpoint", state.iteration(), Map.of("file", relative(file)));
  }

  /** Writes model.zip, the result of a finished run; returns the progress in it. */
  public Progress writeModel() {
    run.requireHeld();
    Checkpoint model = checkpoint();
    model.write(run.directory().model());
    return model.progress();
  }

  private String relative(Path file) {
    return run.directory().path().relativize(file).toString();
  }

  private Checkpoint checkpoint() {
    checkFinite(network.params());
    return checkpoint(network, texts, state.progress(), metrics.text());
  }

  /**
   * The state of a network in training.
   *
   * @param metrics metrics.csv
   */
  static Checkpoint checkpoint(
      CharacterNetwork network, Texts texts, Progress progress, String metrics) {
    INDArray updaterState = network.updaterState();
    return new Checkpoint(
        texts.configuration(),
        texts.vocabulary(),
        network.getLayerWiseConfigurations().toJson(),
        Numbers.of(network.params()),
        updaterState == null ? null : Numbers.of(updaterState),
        progress,
        network.engine().carriedState(),
        metrics,
        texts.provenance());
  }

  /** Divergence recovery restarts from a checkpoint, so none may contain NaN or infinity. */
  private void checkFinite(INDArray parameters) {
    for (long i = 0; i < parameters.length(); i++) {
      if (!Float.isFinite(parameters.data().getFloat(i))) {
        throw new DivergenceException(
            String.format(
                Locale.ROOT,
                "training diverged at iteration %,d: a parameter is %s after the update",
                state.iteration(),
                parameters.data().getFloat(i)));
      }
    }
  }
}
