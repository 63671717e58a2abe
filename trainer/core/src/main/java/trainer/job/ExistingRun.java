package trainer.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.file.AtomicFile;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.file.ShellWord;
import trainer.run.Provenance.CorpusFile;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.text.Corpus;
import trainer.text.ExpectedText;
import trainer.text.Vocabulary;

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
    RunLock held = lock;
    try (held) {
      if (isReplaced()) {
        Files.deleteIfExists(directory.nextCorpus());
      }
    } catch (IOException e) {
      reporter.message(
          "%s: cannot be deleted (%s)"
              .formatted(ShellWord.shown(directory.nextCorpus()), FileErrors.reason(e)));
    }
  }

  /** The lock; {@link #makeWay} replaces it. */
  RunLock lock() {
    return lock;
  }

  private RunException noRun() {
    return new RunException(
        "%s: no run to resume: omit --resume required to start one"
            .formatted(ShellWord.shown(directory.path())));
  }

  /**
   * With {@link Resume#NEVER}, renames an existing run just before the new one writes its first
   * file.
   */
  void makeWay() {
    if (!isReplaced()) {
      return;
    }
    int number = 1;
    Path aside = numbered(number);
    while (Files.exists(aside)) {
      number++;
      aside = numbered(number);
    }
    lock.moveAside(aside);
    reporter.message(
        "the run in %s was renamed to %s"
            .formatted(ShellWord.shown(directory.path()), ShellWord.shown(aside)));
    lock = directory.open();
    directory.takeCorpus(new RunDirectory(aside));
  }

  /**
   * Refuses a checkpoint of the run that {@link #makeWay} would rename, with the files beside it.
   *
   * @throws RunException naming it
   */
  void requireKept(SavedNetwork source) {
    try {
      if (isReplaced() && Files.isSameFile(source.directory().path(), directory.path())) {
        throw new RunException(
            "%s: belongs to the run that would be renamed: name another with --output"
                .formatted(ShellWord.shown(source.file())));
      }
    } catch (IOException e) {
      throw FileException.of(directory.path(), "cannot be read", e, "check that it is readable");
    }
  }

  private boolean isReplaced() {
    return exists && resume == Resume.NEVER;
  }

  /** Where a new run encodes its text: not over that of the run that it replaces. */
  Path encodedText() {
    if (!isReplaced()) {
      return directory.corpus();
    }
    if (Files.isRegularFile(directory.corpus())) {
      AtomicFile.link(directory.corpus(), directory.nextCorpus());
    }
    return directory.nextCorpus();
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

  /**
   * Opens the text of the run to resume.
   *
   * @param recorded whether to use the encoded text in the directory, if it is the run's; the
   *     source may then have changed
   * @param check refuses a text, by its SHA-256, or settings
   * @throws RunException if the vocabulary differs
   */
  Corpus text(
      SavedNetwork saved,
      Configuration configuration,
      boolean recorded,
      CorpusReader reader,
      Consumer<String> check) {
    Optional<Corpus> own = recorded ? recorded(saved, reader) : Optional.empty();
    own.ifPresent(
        corpus -> {
          check.accept(corpus.sha256());
          reporter.message(
              "text      %s, as the run began; data.corpus is not read"
                  .formatted(directory.corpus()));
        });
    // A vocabulary that was extended is in another order than its text alone would have.
    Vocabulary order = saved.vocabulary().isSorted() ? null : saved.vocabulary();
    Corpus corpus =
        own.orElseGet(
            () ->
                reader.open(
                    configuration.data(), encodedText(), new ExpectedText(order, false, check)));
    if (!saved.vocabulary().equals(corpus.vocabulary())) {
      throw new RunException(
          "%s: its vocabulary (%s) differs from that of data.vocabulary or the corpus (%s): "
                  .formatted(
                      ShellWord.shown(directory.path()), saved.vocabulary(), corpus.vocabulary())
              + "restore the vocabulary, or choose another directory with --output");
    }
    return corpus;
  }

  private Optional<Corpus> recorded(SavedNetwork saved, CorpusReader reader) {
    CorpusFile file = saved.provenance().corpus().get(0);
    return Corpus.recorded(
        encodedText(), file.path(), file.sha256(), saved.vocabulary(), reader.stop()::requested);
  }

  /**
   * Checks that resuming goes on with the same text and settings, and reports what differs.
   *
   * @throws RunException if the corpus or a setting that affects the numbers has changed
   */
  void checkSame(
      SavedNetwork saved, Configuration configuration, String sha256, CorpusReader reader) {
    boolean sameText = saved.provenance().wasTrainedOn(sha256);
    ConfigurationDifference difference =
        ConfigurationDifference.between(saved.configuration(), configuration, sameText);
    if (!sameText || !difference.decidesTheNumbers().isEmpty()) {
      throw new RunException(
          new Refusal(directory, saved, configuration, difference, sha256)
              .message(() -> recorded(saved, reader).isPresent()));
    }
    difference.mayChange().forEach(change -> reporter.message("changed: " + change));
  }
}
