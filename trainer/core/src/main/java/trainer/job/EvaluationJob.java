package trainer.job;

import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.Data;
import trainer.config.Data.UnknownCharacters;
import trainer.engine.Engine.Score;
import trainer.engine.Inference;
import trainer.file.FileException;
import trainer.file.ShellWord;
import trainer.run.RunException;
import trainer.text.Confinement;
import trainer.text.Corpus;
import trainer.text.EvaluationLanes;
import trainer.text.NgramBaselines;
import trainer.text.Split;
import trainer.text.Splits;
import trainer.text.TextException;
import trainer.text.Unknown;
import trainer.text.Vocabulary;
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
  private UnknownCharacters unknown;
  private Charset encoding; // of the file; null: that of the pattern's corpus
  private Confinement confinement = Confinement.none();
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
    this.unknown = saved.configuration().data().unknown();
  }

  /** The split to evaluate on. Default: validation. */
  public EvaluationJob part(Part measured) {
    part = measured;
    return this;
  }

  /** A text to evaluate on instead, a file or pattern. */
  public EvaluationJob corpus(String entry) {
    file = entry;
    return this;
  }

  /**
   * Uses the corpus of another run, unless {@link #corpus} names a text, so that the results are
   * comparable.
   */
  public EvaluationJob like(SavedNetwork other) {
    pattern = other;
    return this;
  }

  /**
   * What to do with characters outside the network's vocabulary: refuse the text, or charge {@link
   * trainer.text.Vocabulary#UNKNOWN_NATS} for each. Default: {@code data.unknown} of the run.
   */
  public EvaluationJob unknown(UnknownCharacters treatment) {
    unknown = treatment;
    return this;
  }

  /** Encoding of the text of {@link #corpus}. Default: that of the run's own corpus. */
  public EvaluationJob encoding(Charset ofCorpus) {
    encoding = ofCorpus;
    return this;
  }

  /** Reads texts only from these folders. Default: from anywhere. */
  public EvaluationJob confinement(Confinement folders) {
    confinement = folders;
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
    CorpusReader reader = new CorpusReader(stop, reporter, confinement);
    Optional<Corpus> own = own(reader);
    Measured measured = file == null ? heldOut(own.orElseThrow(), data) : other(reader);
    EvaluationLanes lanes = new EvaluationLanes(measured.corpus().text(), measured.split());
    Unknown outside = lanes.unknown();
    if (outside.isWorthAWarning()) {
      reporter.message("warning: %s: %s".formatted(measured.split().name(), outside));
    }
    try (Inference network = saved.inference()) {
      Optional<Score> score = new Evaluator(network, lanes).evaluate(stop);
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
        measured.corpus().sha256(),
        score,
        baselines);
  }

  /**
   * The pattern's corpus in the network's vocabulary, for the splits and the baselines. Empty if it
   * cannot be read and {@link #corpus} names another text.
   */
  private Optional<Corpus> own(CorpusReader reader) {
    try {
      Optional<Corpus> recorded = reader.recorded(pattern);
      if (recorded.isPresent() && file == null) {
        reporter.message(
            "text      %s, as it was trained on"
                .formatted(ShellWord.shown(pattern.directory().corpus())));
      }
      Corpus corpus = recorded.isPresent() ? recorded.get() : read(reader);
      Configuration like = pattern.configuration();
      // In the pattern's vocabulary: the network's may lack the line ends.
      Corpus ordered = corpus.ordered(like.data(), like.seed());
      return Optional.of(reader.in(saved.vocabulary(), ordered, pattern, advice()));
    } catch (TextException | FileException e) {
      if (file == null) {
        throw e;
      }
      reporter.message("no baselines: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** From the source, which must be unchanged. */
  private Corpus read(CorpusReader reader) {
    Data trained = pattern.configuration().data();
    checkSameReading(saved.configuration().data(), trained);
    checkUnchanged(Corpus.sha256(trained, confinement, stop::requested));
    Corpus corpus = reader.openForeign(trained.corpus(), trained, pattern.vocabulary(), null);
    checkUnchanged(corpus.sha256());
    return corpus;
  }

  /** The settings of the network for a text; the files are read as those of the pattern. */
  private Data readAsPattern() {
    Data files = pattern.configuration().data();
    return saved.configuration().data().with(files.encoding(), files.separator());
  }

  /** For a character outside the vocabulary; null: it is accepted. */
  private String advice() {
    return unknown == UnknownCharacters.REPLACE
        ? null
        : String.format(
            Locale.ROOT,
            "add --unknown replace, which charges %.2f nats for each such character",
            Vocabulary.UNKNOWN_NATS);
  }

  /** Different newlines or normalization would shift the splits. */
  private void checkSameReading(Data data, Data other) {
    if (data.newlines() != other.newlines() || data.normalize() != other.normalize()) {
      throw new RunException(
          "--like %s: its data.newlines or data.normalize differs from that of %s: name a text with --corpus"
              .formatted(ShellWord.of(pattern.file()), ShellWord.shown(saved.file())));
    }
  }

  private void checkUnchanged(String sha256) {
    if (!pattern.provenance().wasTrainedOn(sha256)) {
      throw new RunException(
          "%s: the corpus has changed since training (its SHA-256 is now %s): its splits are no longer"
                  .formatted(
                      ShellWord.onOneLine(
                          String.join(", ", pattern.configuration().data().corpus())),
                      sha256)
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
              .formatted(ShellWord.shown(pattern.file()), split.name(), data.split()));
    }
    return new Measured(own, split);
  }

  private Measured other(CorpusReader reader) {
    Data data = readAsPattern();
    Data read = encoding == null ? data : data.with(encoding, data.separator());
    Corpus corpus = reader.openForeign(List.of(file), read, saved.vocabulary(), advice());
    if (corpus.length() < 2) {
      throw new TextException(
          "%s: has only one character; measuring a loss needs at least 2: name a longer text"
              .formatted(corpus.files()));
    }
    return new Measured(corpus, Split.whole(file, corpus.text()));
  }
}
