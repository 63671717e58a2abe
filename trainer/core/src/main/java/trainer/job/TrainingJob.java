package trainer.job;

import trainer.cli.Console;
import trainer.cli.TrainingPasses;

import java.util.Optional;
import java.util.concurrent.CancellationException;
import trainer.cli.TrainCommand.Resume;
import trainer.config.Configuration;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.checkpoint.SavedNetwork;
import trainer.text.Corpus;
import trainer.text.TextException;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;

/**
 * One training run from configuration to model: opens the text, finds where the run stands, trains,
 * leaves a run directory.
 *
 * @param initializer the run whose weights a new run begins with, or null
 * @param stop ends the work early, with a checkpoint
 */
record TrainingJob(
    Configuration configuration,
    RunDirectory directory,
    Resume resume,
    WeightSource initializer,
    StopSignal stop) {

  /** Trains to the end, or until it is stopped. */
  void run() {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    try (ExistingRun existing = new ExistingRun(directory, resume)) {
      open(engine, existing).train();
    } catch (CancellationException e) {
      Console.line("stopped while the corpus was being read; the same command begins again");
    }
  }

  private TrainingPasses open(EngineSelection engine, ExistingRun existing) {
    Optional<SavedNetwork> saved = existing.newest();
    Corpus corpus = new CorpusReader(stop).open(configuration.data(), directory.corpus());
    saved.ifPresent(run -> existing.checkSame(run, configuration, corpus));
    checkPrime(corpus);
    return new TrainingPasses(this, engine, existing, corpus, new TrainingStart(saved, 1));
  }

  /** A prime that the network cannot read would end training at the first sample. */
  private void checkPrime(Corpus corpus) {
    try {
      if (configuration.samples().prime() != null) {
        corpus.vocabulary().encode(configuration.samples().prime());
      }
    } catch (TextException e) {
      throw new RunException("samples.prime: " + e.getMessage(), e);
    }
  }
}
