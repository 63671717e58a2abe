package trainer.job;

import java.util.List;
import java.util.Optional;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.Data;
import trainer.config.Training;
import trainer.engine.Engine.Score;
import trainer.file.FileException;
import trainer.network.CharacterNetwork;
import trainer.run.Provenance;
import trainer.run.RunException;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Split;
import trainer.text.Splits;
import trainer.text.TextException;
import trainer.training.EngineSelection;
import trainer.training.Evaluator;
import trainer.training.StopSignal;

/**
 * Evaluates a trained network on held-out text, with n-gram baselines on the same text.
 *
 * <pre>{@code
 * EvaluationResult found = new EvaluationJob(SavedNetwork.open(Path.of("models/tiny"))).run().get();
 * }</pre>
 */
public final class EvaluationJob {
  private final SavedNetwork saved;
  private SavedNetwork pattern;
  private Part part = Part.VALIDATION;
  private String file; // null: evaluate a split of the pattern's corpus
  private JobReporter reporter = JobReporter.SILENT;
  private StopSignal stop = new StopSignal();

  /** The held-out parts of a corpus. */
  public enum Part {
    VALIDATION,
    TEST
  }

  private record Measured(Corpus corpus, Split split) {}

  /** Evaluates a network on the validation split of its own corpus. */
  public EvaluationJob(SavedNetwork saved) {
    this.saved = saved;
    this.pattern = saved;
  }

  /** The split to evaluate on. Default: validation. */
  public EvaluationJob part(Part measured) {
    part = measured;
    return this;
  }

  /** A text to evaluate on instead, a file or glob. */
  public EvaluationJob corpus(String entry) {
    file = entry;
    return this;
  }

  /**
   * Uses the corpus of another run, unless {@link #corpus} names a text, and its lanes, so that the
   * results are comparable.
   */
  public EvaluationJob like(SavedNetwork other) {
    pattern = other;
    return this;
  }

  /** Receives messages and progress. Default: none. */
  public EvaluationJob reporter(JobReporter receiver) {
    reporter = receiver;
    return this;
  }

  /** Lets another thread stop the job. */
  public EvaluationJob stop(StopSignal signal) {
    stop = signal;
    return this;
  }

  /**
   * Evaluates.
   *
   * @return empty if stopped
   * @throws trainer.file.TrainerException if the corpus is missing or has changed, or a text cannot
   *     be read
   */
  public Optional<EvaluationResult> run() {
    Data data = pattern.configuration().data();
    CorpusReader reader = new CorpusReader(stop, reporter);
    Optional<Corpus> own = own(reader);
    Measured measured = file == null ? heldOut(own.orElseThrow(), data) : other(reader);
    Training training = pattern.configuration().training();
    Lanes lanes =
        Lanes.evaluation(
            measured.corpus().text(),
            measured.split(),
            training.batchSize(),
            training.sequenceLength());
    EngineSelection engine = EngineSelection.forReading(saved.configuration().compute());
    try (CharacterNetwork network = saved.network(engine.type(), engine.engine())) {
      Optional<Score> score = new Evaluator(network.engine(), lanes).evaluate(stop);
      return score.map(found -> evaluation(measured, found, own));
    }
  }

  private EvaluationResult evaluation(Measured measured, Score score, Optional<Corpus> own) {
    Optional<NgramBaselines.Nats> baselines =
        own.map(
            corpus ->
                NgramBaselines.count(
                        corpus.text(), corpus.splits(pattern.configuration().data()).training())
                    .crossEntropy(measured.corpus().text(), measured.split()));
    return new EvaluationResult(
        saved.file(),
        saved.checkpoint().progress().iteration(),
        measured.split().name(),
        score,
        baselines);
  }

  /**
   * The pattern's corpus in the network's vocabulary, for the splits and the baselines. Empty if it
   * cannot be read and {@link #corpus} names another text.
   */
  private Optional<Corpus> own(CorpusReader reader) {
    try {
      Data data = saved.configuration().data();
      checkSameReading(data, pattern.configuration().data());
      Corpus corpus =
          reader.openForeign(pattern.configuration().data().corpus(), data, saved.vocabulary());
      checkUnchanged(corpus);
      Configuration like = pattern.configuration();
      return Optional.of(corpus.ordered(like.data(), like.seed()));
    } catch (TextException | FileException e) {
      if (file == null) {
        throw e;
      }
      reporter.message("no baselines: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Different newlines or normalization would shift the splits. */
  private void checkSameReading(Data data, Data other) {
    if (data.newlines() != other.newlines() || data.normalize() != other.normalize()) {
      throw new RunException(
          "--like %s: its data.newlines or data.normalize differs from that of %s: name a text with --corpus"
              .formatted(pattern.file(), saved.file()));
    }
  }

  private void checkUnchanged(Corpus corpus) {
    Provenance provenance = pattern.provenance();
    if (!provenance.wasTrainedOn(corpus.sha256())) {
      throw new RunException(
          "%s: the corpus has changed since training (its SHA-256 is now %s): its splits are no longer"
                  .formatted(corpus.files(), corpus.sha256())
              + " those of the run; restore the file, or name another text with --corpus");
    }
  }

  private Measured heldOut(Corpus own, Data data) {
    Splits splits = own.splits(data);
    Split split =
        switch (part) {
          case VALIDATION -> splits.validation();
          case TEST -> splits.test();
        };
    if (split.isEmpty()) {
      throw new RunException(
          "%s: its corpus has no %s split (data.split %s): name another with --split, or a text with --corpus"
              .formatted(pattern.file(), split.name(), data.split()));
    }
    return new Measured(own, split);
  }

  private Measured other(CorpusReader reader) {
    Corpus corpus =
        reader.openForeign(List.of(file), saved.configuration().data(), saved.vocabulary());
    return new Measured(corpus, Split.whole(file, corpus.text()));
  }
}
