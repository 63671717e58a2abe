package trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.config.Data;
import trainer.config.Training;
import trainer.engine.Engine.Score;
import trainer.network.CharacterNetwork;
import trainer.run.RunException;
import trainer.run.SavedNetwork;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Split;
import trainer.text.Splits;
import trainer.text.TextProgress;
import trainer.training.EngineSelection;
import trainer.training.Evaluator;

/** {@code evaluate RUN}. */
@Command(
    name = "evaluate",
    description = "Measure how well a trained network predicts a text, beside counting.",
    mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
  private static final double LN_2 = Math.log(2);

  @Parameters(paramLabel = "RUN", description = "Run directory or one of its checkpoints.")
  private Path run;

  @ArgGroup private Text text = new Text();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** The text to measure. */
  static final class Text {
    @Option(
        names = "--split",
        description = "Part of the run's own corpus: validation or test. Default: validation.")
    private Part split = Part.VALIDATION;

    @Option(names = "--corpus", paramLabel = "FILE", description = "Another text.")
    private String corpus;
  }

  /** The parts of a corpus that were not trained on. */
  enum Part {
    VALIDATION,
    TEST
  }

  @Override
  public Integer call() {
    SavedNetwork saved = SavedNetwork.open(run);
    EngineSelection engine = EngineSelection.of(saved.configuration().compute());
    try (Interruption interruption = Interruption.install();
        CharacterNetwork network = saved.network(engine.type(), engine.engine())) {
      Data data = saved.configuration().data();
      Corpus own = open(data.corpus(), data, saved, interruption);
      Splits splits = own.splits(data.split());
      Corpus measured = own;
      Split split = text.split == Part.TEST ? splits.test() : splits.validation();
      if (text.corpus != null) {
        measured = open(List.of(text.corpus), data, saved, interruption);
        split = Split.whole(text.corpus, measured.text());
      } else if (split.isEmpty()) {
        throw new RunException(
            "%s: its corpus has no %s split (data.split %s): name another with --split, or a text with --corpus"
                .formatted(run, split.name(), data.split()));
      }
      Training training = saved.configuration().training();
      Lanes lanes =
          Lanes.evaluation(measured.text(), split, training.batchSize(), training.sequenceLength());
      Optional<Score> score = new Evaluator(network.engine(), lanes).evaluate(interruption.stop());
      if (score.isEmpty()) {
        return interruption.exitCode();
      }
      NgramBaselines.Nats baselines =
          NgramBaselines.count(own.text(), splits.training()).crossEntropy(measured.text(), split);
      System.out.println(
          json
              ? json(saved, split, score.get(), baselines)
              : table(saved, split, score.get(), baselines));
      return 0;
    }
  }

  private static Corpus open(
      List<String> entries, Data data, SavedNetwork saved, Interruption interruption) {
    return Corpus.openForeign(
        entries,
        data,
        saved.vocabulary(),
        Path.of(System.getProperty("java.io.tmpdir")),
        interruption.stop()::requested,
        TextProgress.none());
  }

  private static String table(
      SavedNetwork saved, Split split, Score score, NgramBaselines.Nats baselines) {
    double loss = score.loss();
    return String.join(
        System.lineSeparator(),
        line("%s, iteration %,d", saved.file(), saved.checkpoint().progress().iteration()),
        line("%s: %,d characters predicted", split.name(), score.characters()),
        line("  network    %s", measures(loss)),
        line("  accuracy   %.2f %%", 100.0 * score.correct() / score.characters()),
        line("  trigrams   %s", measures(baselines.trigram())),
        line("  bigrams    %s", measures(baselines.bigram())),
        line("  unigrams   %s", measures(baselines.unigram())));
  }

  private static String measures(double nats) {
    return line(
        "%.4f nats, %.4f bits per character, perplexity %.3f", nats, nats / LN_2, Math.exp(nats));
  }

  private static String line(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  private static String json(
      SavedNetwork saved, Split split, Score score, NgramBaselines.Nats baselines) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("checkpoint", saved.file().toString());
    node.put("iteration", saved.checkpoint().progress().iteration());
    node.put("text", split.name());
    node.put("characters", score.characters());
    node.put("nats_per_character", score.loss());
    node.put("bits_per_character", score.loss() / LN_2);
    node.put("perplexity_per_character", Math.exp(score.loss()));
    node.put("accuracy", (double) score.correct() / score.characters());
    node.put("unigram_nats_per_character", baselines.unigram());
    node.put("bigram_nats_per_character", baselines.bigram());
    node.put("trigram_nats_per_character", baselines.trigram());
    return node.toString();
  }
}
