package trainer.job;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Optimizer;
import trainer.config.Training;
import trainer.file.ShellWord;
import trainer.run.RunDirectory;
import trainer.training.Progress;
import trainer.training.TrainingState;

/**
 * Says why a run is not resumed with a configuration, and every way out that works.
 *
 * @param sha256 of the text of now, hexadecimal
 */
record Refusal(
    RunDirectory directory,
    SavedNetwork saved,
    Configuration configuration,
    ConfigurationDifference difference,
    String sha256) {

  /**
   * The message, a line for each difference and each way out.
   *
   * @param recorded whether the directory still holds the text that the run began with
   */
  String message(BooleanSupplier recorded) {
    boolean sameText = saved.provenance().wasTrainedOn(sha256);
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s: contains a different run; resuming would mix the two:"
            .formatted(ShellWord.shown(directory.path())));
    if (!sameText) {
      lines.add(
          "  the corpus has changed: SHA-256 %s -> %s"
              .formatted(saved.provenance().corpus().get(0).sha256(), sha256));
    }
    difference.decidesTheNumbers().forEach(change -> lines.add("  " + change));
    lines.add("undo the change, or add");
    boolean onlyText =
        !sameText
            && ConfigurationDifference.between(saved.configuration(), configuration, true)
                .decidesTheNumbers()
                .isEmpty();
    if (onlyText && recorded.getAsBoolean()) {
      lines.add("  --recorded-corpus: to resume with the text that the run began with");
    }
    if (sameText
        && hasIterationsLeft()
        && Fork.impossible(saved.configuration(), configuration, difference).isEmpty()) {
      lines.add(
          "  --output NEW --fork %s: to continue it in a new run"
              .formatted(ShellWord.of(directory.path())));
    }
    if (WeightSource.sameShapes(saved.configuration().model(), configuration.model())) {
      lines.add("  %s: to train its weights further in a new run".formatted(fromItsWeights()));
    }
    lines.add("  --output NEW: to train a new run, in a directory NEW");
    lines.add("  --resume never: to train a new run here; the old one is renamed");
    return String.join("\n", lines);
  }

  /** Whether a fork of the newest checkpoint would have anything to train. */
  private boolean hasIterationsLeft() {
    Training training = configuration.training();
    Progress progress = saved.checkpoint().progress();
    long all = progress.epoch() < training.epochs() ? Long.MAX_VALUE : progress.iteration();
    Integer maximum = training.maxIterations();
    TrainingState state = new TrainingState(progress);
    state.finishIfComplete(training, maximum == null ? all : Math.min(all, maximum));
    return state.finished() == null;
  }

  private String fromItsWeights() {
    StringBuilder options =
        new StringBuilder("--output NEW --init-from " + ShellWord.of(directory.path()));
    Optimizer optimizer = configuration.training().optimizer();
    if (optimizer.sharesMoments(saved.configuration().training().optimizer())) {
      options.append(" --keep-optimizer");
    }
    boolean otherText =
        !saved.provenance().wasTrainedOn(sha256)
            || difference.decidesTheNumbers().stream()
                .anyMatch(change -> change.key().startsWith("data."));
    boolean given = configuration.data().vocabulary() != null;
    if (otherText && !(given && configuration.data().unknown() == UnknownCharacters.REPLACE)) {
      options.append(given ? " --set data.vocabulary=null" : "").append(" --extend-vocabulary");
    }
    return options.toString();
  }
}
