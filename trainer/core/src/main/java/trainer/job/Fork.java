package trainer.job;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.config.ConfigurationDifference.Change;
import trainer.config.ConfigurationWriter;
import trainer.config.Data.Shuffle;
import trainer.config.Optimizer;
import trainer.file.AtomicFile;
import trainer.file.ShellWord;
import trainer.file.TrainerException;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.training.Validation;

/**
 * A new run that continues a checkpoint of another with changed settings. The curve up to there is
 * kept. The other run is only read.
 *
 * @param source the checkpoint
 * @param start the same with the configuration of the new run
 * @param best the best checkpoint up to there, if it still exists
 * @param changes of the configuration
 */
record Fork(SavedNetwork source, SavedNetwork start, Optional<Path> best, List<Change> changes) {
  /** Keys that place and carried state of a checkpoint depend on. */
  private static final List<String> FIXED =
      List.of("data", "training.batch_size", "training.sequence_length", "training.remainder");

  private static final String LAYERS = "model.layers";
  private static final String OPTIMIZER = "training.optimizer";

  /**
   * Forks a checkpoint.
   *
   * @throws RunException if a change does not fit it
   */
  static Fork of(SavedNetwork source, Configuration asked) {
    Configuration before = source.configuration();
    Configuration after = longer(asked.resuming(before), asked.training().maxIterations());
    ConfigurationDifference difference = ConfigurationDifference.between(before, after, true);
    List<Change> wrong = impossible(before, after, difference);
    if (!wrong.isEmpty()) {
      throw refusal(source, wrong, after);
    }
    Optional<Path> best = best(source);
    Checkpoint checkpoint = source.checkpoint().with(ConfigurationWriter.toYaml(after));
    return new Fork(
        source,
        new SavedNetwork(
            source.file(),
            // without its file, the next evaluation is the best
            best.isPresent() ? checkpoint : checkpoint.with(Validation.none()),
            after,
            source.vocabulary()),
        best,
        Stream.concat(difference.decidesTheNumbers().stream(), difference.mayChange().stream())
            .toList());
  }

  /** With the iterations that were asked for: a fork may be longer than the run's time budget. */
  private static Configuration longer(Configuration resumed, Integer asked) {
    return asked == null ? resumed : resumed.with(resumed.training().withIterations(asked));
  }

  /** The changes that a fork cannot make. */
  static List<Change> impossible(
      Configuration before, Configuration after, ConfigurationDifference difference) {
    boolean sameShapes = sameShapes(before, after);
    boolean sameMoments = sameMoments(before, after);
    boolean seedSplits = after.data().shuffle() == Shuffle.LINES; // which lines are held out
    return difference.decidesTheNumbers().stream()
        .filter(
            change ->
                change.isWithin(FIXED)
                    || (seedSplits && change.key().equals("seed"))
                    || (!sameShapes && change.key().startsWith(LAYERS))
                    || (!sameMoments && change.key().startsWith(OPTIMIZER)))
        .toList();
  }

  private static boolean sameShapes(Configuration before, Configuration after) {
    return WeightSource.sameShapes(before.model(), after.model());
  }

  private static boolean sameMoments(Configuration before, Configuration after) {
    Optimizer optimizer = after.training().optimizer();
    return optimizer.moments() == 0 || optimizer.sharesMoments(before.training().optimizer());
  }

  private static RunException refusal(
      SavedNetwork source, List<Change> wrong, Configuration after) {
    Configuration before = source.configuration();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s: a fork keeps text, batches, layers and the optimizer's moments:"
            .formatted(ShellWord.shown(source.file())));
    wrong.forEach(change -> lines.add("  " + change));
    lines.add(
        "undo the change, or "
            + (sameShapes(before, after)
                ? "start at iteration 0 with its weights: "
                    + instead(
                        source,
                        sameMoments(before, after),
                        wrong.stream().anyMatch(Fork::isOfTheText))
                : "leave out --fork to train a new run"));
    return new RunException(String.join("\n", lines));
  }

  private static boolean isOfTheText(Change change) {
    return change.key().startsWith("data.");
  }

  private static String instead(SavedNetwork source, boolean sameMoments, boolean otherText) {
    return "--init-from "
        + ShellWord.of(source.file())
        + (sameMoments && source.checkpoint().updaterState() != null ? " --keep-optimizer" : "")
        + (otherText ? " --extend-vocabulary" : "");
  }

  private static Optional<Path> best(SavedNetwork source) {
    int iteration = source.checkpoint().progress().validation().bestIteration();
    if (iteration == source.checkpoint().progress().iteration()) {
      return Optional.of(source.file());
    }
    RunDirectory directory = source.directory();
    return Stream.of(directory.checkpoint(iteration), directory.best())
        .filter(file -> isOf(file, iteration))
        .findFirst();
  }

  private static boolean isOf(Path file, int iteration) {
    try {
      return Files.isRegularFile(file) && Checkpoint.read(file).progress().iteration() == iteration;
    } catch (TrainerException e) {
      return false;
    }
  }

  int iteration() {
    return start.checkpoint().progress().iteration();
  }

  /** Gives the new run the encoded text of the other, for {@code --recorded-corpus}. */
  void linkText(Path encoded) {
    Path text = source.directory().corpus();
    if (Files.isRegularFile(text) && !Files.exists(encoded)) {
      AtomicFile.link(text, encoded);
    }
  }

  /**
   * Checks the text before it is used.
   *
   * @param sha256 of the text of now, hexadecimal
   */
  void checkText(String sha256) {
    if (!source.provenance().wasTrainedOn(sha256)) {
      throw new RunException(
          ("%s: the corpus has changed: SHA-256 %s -> %s: add --recorded-corpus to continue on the"
                  + " text that the run began with, or start at iteration 0 with its weights: %s")
              .formatted(
                  ShellWord.shown(source.file()),
                  source.provenance().corpus().get(0).sha256(),
                  sha256,
                  instead(source, true, true)));
    }
  }

  /** Writes what the new run resumes from. The curve is in the checkpoint. */
  void writeTo(RunDirectory directory) {
    Path file = directory.checkpoint(iteration());
    start.checkpoint().write(file);
    best.ifPresent(
        path -> AtomicFile.link(path.equals(source.file()) ? file : path, directory.best()));
    AtomicFile.link(file, directory.latest());
    Path samples = source.directory().samples();
    if (Files.isRegularFile(samples)) {
      AtomicFile.write(directory.samples(), out -> Files.copy(samples, out));
    }
  }

  /** What the event says. */
  Map<String, Object> details() {
    return Map.of(
        "from", source.file().toString(),
        "changed", changes.stream().map(Change::toString).toList());
  }
}
