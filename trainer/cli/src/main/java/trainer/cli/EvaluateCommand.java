package trainer.cli;

import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.job.CorpusReader;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.config.Data;
import trainer.config.Training;
import trainer.engine.Engine.Score;
import trainer.network.CharacterNetwork;
import trainer.run.Provenance;
import trainer.run.RunException;
import trainer.checkpoint.SavedNetwork;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Split;
import trainer.text.Splits;
import trainer.text.TextException;
import trainer.training.EngineSelection;
import trainer.training.Evaluator;
import trainer.training.StopSignal;

/** {@code evaluate RUN}. */
@Command(
    name = "evaluate",
    description = "Measure how well a trained network predicts a text, beside counting.",
    mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", description = RegisteredModel.RUN)
  private String run;

  @Mixin private ServiceClient service;

  @ArgGroup private Text text = new Text();

  @Option(
      names = "--like",
      paramLabel = "RUN",
      description =
          "Measure as another run is measured: on its corpus, where --corpus names no other text, and"
              + " in its batches. So the figures of both can be compared.")
  private String like;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** The text to measure. */
  static final class Text {
    @Option(
        names = "--split",
        paramLabel = "validation|test",
        description = "Part of the run's own corpus. Default: validation.")
    private Part split = Part.VALIDATION;

    @Option(names = "--corpus", paramLabel = "FILE", description = "Another text.")
    private String corpus;
  }

  /** The parts of a corpus that were not trained on. */
  enum Part {
    VALIDATION,
    TEST
  }

  /** A text and where in it to measure. */
  private record Measured(Corpus corpus, Split split) {}

  @Override
  public Integer call() {
    SavedNetwork saved = RegisteredModel.open(run, service);
    SavedNetwork pattern = like == null ? saved : RegisteredModel.open(like, service);
    return Interruption.during("stopping", stop -> evaluate(saved, pattern, stop));
  }

  private void evaluate(SavedNetwork saved, SavedNetwork pattern, StopSignal stop) {
    Data data = pattern.configuration().data();
    CorpusReader reader = new CorpusReader(stop);
    Optional<Corpus> own = own(saved, pattern, reader);
    Measured measured =
        text.corpus == null ? heldOut(own.orElseThrow(), data) : other(saved, reader);
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
      if (score.isEmpty()) {
        return;
      }
      Optional<NgramBaselines.Nats> baselines =
          own.map(
              corpus ->
                  NgramBaselines.count(corpus.text(), corpus.splits(data.split()).training())
                      .crossEntropy(measured.corpus().text(), measured.split()));
      EvaluationReport report =
          new EvaluationReport(
              saved.file(),
              saved.checkpoint().progress().iteration(),
              measured.split().name(),
              score.get(),
              baselines);
      System.out.println(json ? report.json() : report.text());
    }
  }

  /**
   * The text that the pattern was trained on, as the network reads it. Only a text named by {@code
   * --corpus} can be measured without it.
   */
  private Optional<Corpus> own(SavedNetwork saved, SavedNetwork pattern, CorpusReader reader) {
    try {
      Data data = saved.configuration().data();
      checkSameReading(data, pattern.configuration().data());
      Corpus corpus =
          reader.openForeign(pattern.configuration().data().corpus(), data, saved.vocabulary());
      checkUnchanged(pattern, corpus);
      return Optional.of(corpus);
    } catch (TextException | RunException e) {
      if (text.corpus == null) {
        throw e;
      }
      Console.line("without the yardsticks of counting: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Where characters were merged differently, the parts of a text begin elsewhere. */
  private void checkSameReading(Data data, Data pattern) {
    if (data.newlines() != pattern.newlines() || data.normalize() != pattern.normalize()) {
      throw new RunException(
          "--like %s: its data.newlines or data.normalize is not that of %s: name a text with --corpus"
              .formatted(like, run));
    }
  }

  private static void checkUnchanged(SavedNetwork saved, Corpus corpus) {
    Provenance provenance = saved.provenance();
    if (!provenance.wasTrainedOn(corpus.sha256())) {
      throw new RunException(
          "%s: the corpus has changed since training (its SHA-256 is now %s): its splits are no longer"
                  .formatted(corpus.files(), corpus.sha256())
              + " those of the run; restore the file, or name a text to measure with --corpus");
    }
  }

  private Measured heldOut(Corpus own, Data data) {
    Splits splits = own.splits(data.split());
    Split split =
        switch (text.split) {
          case VALIDATION -> splits.validation();
          case TEST -> splits.test();
        };
    if (split.isEmpty()) {
      throw new RunException(
          "%s: its corpus has no %s split (data.split %s): name another with --split, or a text with --corpus"
              .formatted(like == null ? run : like, split.name(), data.split()));
    }
    return new Measured(own, split);
  }

  private Measured other(SavedNetwork saved, CorpusReader reader) {
    Corpus corpus =
        reader.openForeign(List.of(text.corpus), saved.configuration().data(), saved.vocabulary());
    return new Measured(corpus, Split.whole(text.corpus, corpus.text()));
  }
}
