package trainer.job;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.text.Corpus;

/**
 * What an output directory holds before training, and whether training may go on with it. Keeps
 * others out of the directory until it is closed.
 */
final class ExistingRun implements AutoCloseable {
  private final RunDirectory directory;
  private final Resume resume;
  private final JobReporter reporter;
  private final boolean exists;
  private RunLock lock;

  /**
   * Takes the directory.
   *
   * @throws RunException if it cannot be taken, or {@code --resume} requires a run and there is
   *     none
   */
  ExistingRun(RunDirectory directory, Resume resume, JobReporter reporter) {
    this.directory = directory;
    this.resume = resume;
    this.reporter = reporter;
    this.exists = directory.holdsRun();
    if (resume == Resume.REQUIRED && !exists) {
      throw noRun();
    }
    this.lock = directory.open();
  }

  @Override
  public void close() {
    lock.close();
  }

  /** The directory, as long as it is this trainer's; another one after {@link #makeWay}. */
  RunLock lock() {
    return lock;
  }

  private RunException noRun() {
    return new RunException(
        "%s: there is no run to go on with: leave out --resume required to begin one"
            .formatted(directory.path()));
  }

  /**
   * Does what {@code --resume never} asks for, just before the new run writes its first file:
   * renames the run that is there, so that nothing of it is lost.
   */
  void makeWay() {
    if (!exists || resume != Resume.NEVER) {
      return;
    }
    int number = 1;
    Path aside = numbered(number);
    while (Files.exists(aside)) {
      number++;
      aside = numbered(number);
    }
    lock.moveAside(aside);
    reporter.message("the run that was in %s is now in %s".formatted(directory.path(), aside));
    lock = directory.open();
    directory.shareCorpus(new RunDirectory(aside));
  }

  private Path numbered(int number) {
    Path path = directory.path().toAbsolutePath().normalize();
    return directory.path().resolveSibling(path.getFileName() + "." + number);
  }

  /** The newest whole checkpoint, empty where a new run begins. */
  Optional<SavedNetwork> newest() {
    if (resume == Resume.NEVER) {
      return Optional.empty();
    }
    Optional<CheckpointFolder.Found> found = new CheckpointFolder(directory).newestWhole();
    if (found.isEmpty() && resume == Resume.REQUIRED) {
      throw noRun();
    }
    found.ifPresent(
        checkpoint ->
            checkpoint.skipped().forEach(reason -> reporter.message("passed over: " + reason)));
    return found.map(checkpoint -> SavedNetwork.of(checkpoint.file(), checkpoint.checkpoint()));
  }

  /** Refuses to go on with a run whose numbers were decided by something else. */
  void checkSame(SavedNetwork saved, Configuration configuration, Corpus corpus) {
    Provenance provenance = saved.provenance();
    boolean sameText = provenance.wasTrainedOn(corpus.sha256());
    ConfigurationDifference difference =
        ConfigurationDifference.between(saved.configuration(), configuration, sameText);
    if (!sameText || !difference.decidesTheNumbers().isEmpty()) {
      StringBuilder message = new StringBuilder();
      message.append("%s: is another run; going on would mix the two:".formatted(directory.path()));
      if (!sameText) {
        message.append(
            "\n  the corpus has changed: SHA-256 %s -> %s"
                .formatted(provenance.corpus().get(0).sha256(), corpus.sha256()));
      }
      difference.decidesTheNumbers().forEach(change -> message.append("\n  ").append(change));
      message.append(
          "\nundo the change, or name another directory with --output, or begin anew with --resume never"
              + " (the old run is kept beside it)");
      throw new RunException(message.toString());
    }
    if (!saved.vocabulary().equals(corpus.vocabulary())) {
      throw new RunException(
          "%s: was trained with another vocabulary (%s) than that of data.vocabulary or the corpus now (%s): "
                  .formatted(directory.path(), saved.vocabulary(), corpus.vocabulary())
              + "restore the vocabulary, or name another directory with --output");
    }
    difference.mayChange().forEach(change -> reporter.message("changed: " + change));
  }
}
