package trainer.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.config.Training;
import trainer.file.ShellWord;
import trainer.file.TrainerException;
import trainer.run.Metrics;
import trainer.run.Provenance.CorpusFile;
import trainer.run.RunDirectory;
import trainer.text.Confinement;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/** A run with nothing left to do. Only reads: neither the lock nor any other file is written. */
record CompleteRun(TrainingResult result, String advice) {

  /**
   * A run that is complete with this configuration, and whose files are whole.
   *
   * @param recorded whether the text may have changed since the run began
   * @param confinement where texts may be
   * @return empty if there is anything to train, to repair or to refuse
   */
  static Optional<CompleteRun> find(
      RunDirectory directory,
      Configuration asked,
      boolean recorded,
      Confinement confinement,
      StopSignal stop) {
    try {
      if (!Files.exists(directory.model())) {
        return Optional.empty();
      }
      SavedNetwork model = SavedNetwork.of(directory.model(), Checkpoint.read(directory.model()));
      Configuration configuration = asked.resuming(model.configuration());
      CorpusFile file = model.provenance().corpus().get(0);
      Optional<Corpus> corpus =
          Corpus.recorded(
              directory.corpus(), file.path(), file.sha256(), model.vocabulary(), stop::requested);
      if (corpus.isEmpty()
          || !isSame(model, configuration, confinement)
          || !isWhole(directory, model)) {
        return Optional.empty();
      }
      long segments = segments(corpus.get(), configuration);
      TrainingState state = new TrainingState(model.checkpoint().progress());
      state.finishIfComplete(
          configuration.training(), TrainingLoop.iterations(configuration.training(), segments));
      boolean same =
          recorded
              || file.sha256()
                  .equals(Corpus.sha256(configuration.data(), confinement, stop::requested));
      return state.finished() == null || state.startsUnrecorded() || !same
          ? Optional.empty()
          : Optional.of(
              new CompleteRun(
                  new TrainingResult(
                      directory,
                      TrainingResult.Outcome.COMPLETE_BEFORE,
                      state.finished(),
                      model.checkpoint().progress(),
                      Metrics.speed(
                          Metrics.parse(model.checkpoint().metrics(), "metrics.csv of the model"))),
                  advice(directory, configuration, state, segments)));
    } catch (TrainerException | IOException e) {
      return Optional.empty(); // reported by the start that follows
    }
  }

  private static boolean isSame(
      SavedNetwork model, Configuration configuration, Confinement confinement) {
    String vocabulary = configuration.data().vocabulary();
    return ConfigurationDifference.between(model.configuration(), configuration, true)
            .decidesTheNumbers()
            .isEmpty()
        && (vocabulary == null
            || Vocabulary.read(Path.of(vocabulary), confinement).equals(model.vocabulary()));
  }

  private static long segments(Corpus corpus, Configuration configuration) {
    Training training = configuration.training();
    return Lanes.training(
            corpus.text(),
            corpus.splits(configuration.data()).training(),
            training.batchSize(),
            training.sequenceLength(),
            training.remainder())
        .segments();
  }

  private static boolean isWhole(RunDirectory directory, SavedNetwork model) throws IOException {
    Checkpoint result = model.checkpoint();
    int iteration = result.progress().iteration();
    List<Long> iterations = new CheckpointFolder(directory).iterations();
    if (iterations.isEmpty()
        || iterations.get(iterations.size() - 1) != iteration
        || !Files.exists(directory.events())
        || !holds(directory.config(), result.configuration())
        || !holds(directory.vocabulary(), result.vocabulary())
        || !holds(directory.provenance(), result.provenance())
        || !holds(directory.metrics(), result.metrics())) {
      return false;
    }
    int best = result.progress().validation().bestIteration();
    return isOf(directory.latest(), iteration)
        && isOf(directory.checkpoint(iteration), iteration)
        && (best == 0 || isOf(directory.best(), best));
  }

  /** Whether the file is a whole checkpoint of that iteration. */
  private static boolean isOf(Path file, int iteration) {
    return Checkpoint.read(file).progress().iteration() == iteration;
  }

  private static boolean holds(Path file, String text) throws IOException {
    return Files.isRegularFile(file) && Files.readString(file).equals(text);
  }

  /**
   * How to train a complete run further: the one change that has an effect.
   *
   * @param segments iterations of an epoch
   */
  static String advice(
      RunDirectory directory, Configuration configuration, TrainingState state, long segments) {
    Training training = configuration.training();
    if (state.iteration() >= TrainingLoop.iterations(training, segments)
        && training.schedule().dependsOnLength()) {
      return "its learning-rate schedule has ended: to train its weights further, in a new run, add"
          + " --output NEW --init-from "
          + ShellWord.of(directory.path())
          + (training.optimizer().moments() > 0 ? " --keep-optimizer" : "");
    }
    return longer(configuration, state, segments);
  }

  /** The same where the schedule may change. */
  static String longer(Configuration configuration, TrainingState state, long segments) {
    Training training = configuration.training();
    Integer patience = training.earlyStopping().patience();
    if (state.iteration() < TrainingLoop.iterations(training, segments)) {
      return "to continue, add --set "
          + (isStopped(state, patience)
              ? "training.early_stopping.patience=null"
              : "training.max_minutes="
                  + 2 * Math.max(training.maxMinutes(), Math.rint(state.seconds() / 60)));
    }
    // The run may have come further than the configuration now asks for.
    StringBuilder longer = new StringBuilder("to continue, add");
    Integer maximum = training.maxIterations();
    if (maximum != null && maximum <= state.iteration()) {
      longer.append(" --set training.max_iterations=").append(2L * state.iteration());
    }
    if (training.epochs() * segments <= state.iteration()) {
      longer.append(" --set training.epochs=").append(2L * state.epoch());
    }
    if (isStopped(state, patience)) {
      longer.append(" --set training.early_stopping.patience=null");
    }
    return longer.toString();
  }

  private static boolean isStopped(TrainingState state, Integer patience) {
    return patience != null && state.validation().evaluationsWithoutImprovement() >= patience;
  }
}
