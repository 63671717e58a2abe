package trainer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import trainer.cli.TrainCommand.Resume;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.run.CheckpointFolder;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.SavedNetwork;
import trainer.text.Corpus;

/** What an output directory holds before training, and whether training may go on with it. */
record ExistingRun(RunDirectory directory) {

  /**
   * Does what {@code --resume} asks for before anything is written: moves an old run aside, or
   * refuses to begin a new one.
   */
  void prepare(Resume resume) {
    boolean exists = directory.holdsRun();
    switch (resume) {
      case AUTO -> {}
      case REQUIRED -> {
        if (!exists) {
          throw noRun();
        }
      }
      case NEVER -> {
        if (exists) {
          moveAside();
        }
      }
    }
  }

  private RunException noRun() {
    return new RunException(
        "%s: there is no run to go on with: leave out --resume required to begin one"
            .formatted(directory.path()));
  }

  /** Renames the run, so that nothing of it is lost. */
  private void moveAside() {
    Path path = directory.path();
    int number = 1;
    Path aside = numbered(number);
    while (Files.exists(aside)) {
      number++;
      aside = numbered(number);
    }
    directory.open().close(); // refuses while another trainer writes there
    try {
      Files.move(path, aside);
    } catch (IOException e) {
      throw new RunException(
          "%s: cannot be renamed to %s (%s): name another directory with --output"
              .formatted(path, aside, e.getMessage()),
          e);
    }
    Console.line("the run that was in %s is now in %s".formatted(path, aside));
  }

  private Path numbered(int number) {
    Path path = directory.path().toAbsolutePath().normalize();
    return directory.path().resolveSibling(path.getFileName() + "." + number);
  }

  /** The newest whole checkpoint, empty where there is none and a run may begin. */
  Optional<SavedNetwork> newest(Resume resume) {
    Optional<CheckpointFolder.Found> found = new CheckpointFolder(directory, 1, 0).newestWhole();
    if (found.isEmpty() && resume == Resume.REQUIRED) {
      throw noRun();
    }
    found.ifPresent(
        checkpoint ->
            checkpoint.skipped().forEach(reason -> Console.line("passed over: " + reason)));
    return found.map(checkpoint -> SavedNetwork.of(checkpoint.file(), checkpoint.checkpoint()));
  }

  /** Refuses to go on with a run whose numbers were decided by something else. */
  void checkSame(SavedNetwork saved, Configuration configuration, Corpus corpus) {
    Provenance provenance = Provenance.parse(saved.checkpoint().provenance());
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
    difference.mayChange().forEach(change -> Console.line("changed: " + change));
  }
}
