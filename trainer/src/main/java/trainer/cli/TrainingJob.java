package trainer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import me.tongfei.progressbar.ProgressBar;
import trainer.cli.TrainCommand.Resume;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationWriter;
import trainer.network.CharacterNetwork;
import trainer.run.AtomicFile;
import trainer.run.CheckpointFolder;
import trainer.run.CheckpointListener;
import trainer.run.Events;
import trainer.run.LossCurve;
import trainer.run.LossCurve.Yardstick;
import trainer.run.Metrics;
import trainer.run.Provenance;
import trainer.run.RecordListener;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.run.SamplesFile;
import trainer.run.SavedNetwork;
import trainer.sampling.SampleListener;
import trainer.sampling.TextGenerator;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Splits;
import trainer.training.DivergenceListener;
import trainer.training.EngineSelection;
import trainer.training.EvaluationListener;
import trainer.training.Evaluator;
import trainer.training.Progress;
import trainer.training.TrainingException;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/** One training run from configuration to model: opens the text, builds or restores the network, trains, leaves a run directory. */
final class TrainingJob {
  /** Rows of metrics.csv between two evaluations. */
  private static final int REPORTS_PER_EVALUATION = 10;

  private final Configuration configuration;
  private final RunDirectory directory;
  private final Resume resume;
  private final Path initializer;
  private final Interruption interruption;

  TrainingJob(
      Configuration configuration,
      Path directory,
      Resume resume,
      Path initializer,
      Interruption interruption) {
    this.configuration = configuration;
    this.directory = new RunDirectory(directory);
    this.resume = resume;
    this.initializer = initializer;
    this.interruption = interruption;
  }

  /** Trains to the end, or until a signal comes. */
  void run() {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    if (resume == Resume.NEVER) {
      moveAside();
    }
    directory.holdsRun();
    try (RunLock lock = directory.open()) {
      Optional<SavedNetwork> saved = saved();
      Corpus corpus = openCorpus();
      if (corpus == null) {
        return;
      }
      saved.ifPresent(checkpoint -> checkSameRun(checkpoint, corpus));
      train(engine, corpus, saved);
    }
  }
}
