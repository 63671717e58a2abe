package trainer.job;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.Numbers;
import trainer.checkpoint.Retention;
import trainer.config.Checkpoints;
import trainer.config.Configuration;
import trainer.config.Initializer;
import trainer.config.Model;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.exchange.ImportedNetwork;
import trainer.file.ShellWord;
import trainer.network.CharacterNetwork;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.text.Corpus;
import trainer.text.ExpectedText;
import trainer.training.Progress;
import trainer.training.StopSignal;

/**
 * Makes a run of a network that another program trained: a run directory with a checkpoint before
 * the first iteration, which can be sampled, evaluated, explained and trained further.
 */
public final class ImportJob {
  private static final Clock CLOCK = Clock.systemUTC();

  private final Path file;
  private final Configuration configuration;
  private final RunDirectory directory;
  private final JobReporter reporter;

  /**
   * An import of one file.
   *
   * @param file see {@link ImportedNetwork}
   * @param configuration of the run; its model is replaced
   * @param directory of the run, which must not exist yet
   */
  public ImportJob(Path file, Configuration configuration, Path directory, JobReporter reporter) {
    this.file = file;
    this.configuration = configuration;
    this.directory = new RunDirectory(directory);
    this.reporter = reporter;
  }

  /**
   * Imports the network.
   *
   * @param command the command line to record in provenance.json
   * @return its description, such as {@code lstm 128, softmax 65}
   * @throws trainer.file.TrainerException if the file is not such a network, the vocabulary does
   *     not fit, or the directory holds a run
   */
  public String run(StopSignal stop, List<String> command) {
    try (ImportedNetwork imported = ImportedNetwork.open(file)) {
      if (directory.holdsRun()) {
        throw new RunException(
            ShellWord.shown(directory.path())
                + ": holds a run already: name another directory with --output");
      }
      try (RunLock lock = directory.open()) {
        return write(imported, lock, stop, command);
      }
    }
  }

  private String write(
      ImportedNetwork imported, RunLock lock, StopSignal stop, List<String> command) {
    Model model = new Model(imported.layers(), 1, new Initializer.Xavier());
    Configuration begun = configuration.with(model).started();
    Corpus corpus =
        new CorpusReader(stop, reporter).open(begun.data(), directory.corpus(), ExpectedText.any());
    int characters = corpus.vocabulary().size();
    if (imported.vocabulary() != characters) {
      throw new RunException(
          String.format(
              Locale.ROOT,
              "%s: has %,d characters, and %s %,d: name the vocabulary that it was trained with by --vocabulary FILE",
              ShellWord.shown(file),
              imported.vocabulary(),
              corpus.files(),
              characters));
    }
    Numbers parameters = imported.parameters(); // before a network of the claimed size is made
    Nd4jBackend.start(begun.compute().threads());
    try (CharacterNetwork network =
        new CharacterNetwork(begun, characters, DataType.FLOAT, Nd4jEngine::new)) {
      network.setParams(parameters.like(network.params()));
      CheckpointListener.Texts texts =
          new RunDescription(begun, corpus, network, command)
              .write(directory, new TrainingStart(Optional.empty(), 1), CLOCK.instant());
      Checkpoints kept = begun.checkpoints();
      lock.requireHeld();
      new CheckpointFolder(directory)
          .write(
              CheckpointListener.checkpoint(
                  network, texts, Progress.start(), MetricsRow.HEADER + "\n"),
              new Retention(kept.keepLast(), kept.keepBest()),
              List.of());
      return network.describe();
    }
  }
}
