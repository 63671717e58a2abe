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
 * Decides whether training resumes the run in an output directory. Holds the directory's lock until
 * closed.
 */
final class ExistingRun implements AutoCloseable {
  private final RunDirectory directory;
  private final Resume resume;
  private final JobReporter reporter;
  private final boolean exists;
  private RunLock lock;

  /**
   * Locks the directory.
   *
   * @throws RunException if another process holds it, or {@code resume} is {@link Resume#REQUIRED}
   *     and there is no run
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

  /** The lock; {@link #makeWay} replaces it. */
  RunLock lock() {
    return lock;
  }

  private RunException noRun() {
    return new RunException(
        "%s: no run to resume: omit --resume required to start one".formatted(directory.path()));
  }

  /**
   * With {@link Resume#NEVER}, renames an existing run just before the new one writes its first
   * file.
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
    reporter.message("the run in %s was renamed to %s".formatted(directory.path(), aside));
    lock = directory.open();
    directory.shareCorpus(new RunDirectory(aside));
  }

  private Path numbered(int number) {
    Path path = directory.path().toAbsolutePath().normalize();
    return directory.path().resolveSibling(path.getFileName() + "." + number);
  }

  /** The newest intact checkpoint; empty if a new run starts. */
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
            checkpoint.skipped().forEach(reason -> reporter.message("skipped: " + reason)));
    return found.map(checkpoint -> SavedNetwork.of(checkpoint.file(), checkpoint.checkpoint()));
  }

  /** Refuses to resume if the corpus or a setting that affects the numbers has changed. */
  void checkSame(SavedNetwork saved, Configuration configuration, Corpus corpus) {
    Provenance provenance = saved.provenance();
    boolean sameText = provenance.wasTrainedOn(corpus.sha256());
    ConfigurationDifference difference =
        ConfigurationDifference.between(saved.configuration(), configuration, sameText);
    if (!sameText || !difference.decidesTheNumbers().isEmpty()) {
      StringBuilder message = new StringBuilder();
      message.append(
          "%s: contains a different run; resuming would mix the two:".formatted(directory.path()));
      if (!sameText) {
        message.append(
            "\n  the corpus has changed: SHA-256 %s -> %s"
                .formatted(provenance.corpus().get(0).sha256(), corpus.sha256()));
      }
      difference.decidesTheNumbers().forEach(change -> message.append("\n  ").append(change));
      message.append(
          "\nundo the change, choose another directory with --output, or start over with --resume never"
              + " (the old run is renamed)");
      throw new RunException(message.toString());
    }
    if (!saved.vocabulary().equals(corpus.vocabulary())) {
      throw new RunException(
          "%s: its vocabulary (%s) differs from that of data.vocabulary or the corpus (%s): "
                  .formatted(directory.path(), saved.vocabulary(), corpus.vocabulary())
              + "restore the vocabulary, or choose another directory with --output");
    }
    difference.mayChange().forEach(change -> reporter.message("changed: " + change));
  }
}
