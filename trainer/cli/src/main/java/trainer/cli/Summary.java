package trainer.cli;

import trainer.bench.PeakMemory;
import trainer.job.TrainingText;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import trainer.config.Configuration;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.engine.cuda.CudaEngine;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Splits;
import trainer.training.EngineSelection;
import trainer.training.MemoryEstimate;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/** What a person should know before training starts, and after it has ended. */
record Summary(
    Configuration configuration,
    RunDirectory directory,
    TrainingText text,
    CharacterNetwork network,
    EngineSelection engine,
    TrainingState state) {

  private static final double MEGABYTE = 1e6;

  /** Prints what will run, on what, for how long, with how much memory. */
  void print() {
    lines().forEach(Console::line);
  }

  List<String> lines() {
    Corpus corpus = text.corpus();
    Splits splits = text.splits();
    Lanes lanes = text.training();
    NgramBaselines.Nats baselines = text.baselines();
    long iterations = TrainingLoop.iterations(configuration.training(), lanes.segments());
    List<String> lines = new ArrayList<>();
    lines.add(
        Console.format(
            "corpus    %s: %,d characters, %d distinct (training %,d · validation %,d · test %,d)",
            corpus.files(),
            corpus.length(),
            corpus.vocabulary().size(),
            splits.training().length(),
            splits.validation().length(),
            splits.test().length()));
    lines.add(
        Console.format(
            "yardstick counting characters gives %.2f, pairs %.2f, triples %.2f nats per character on the validation"
                + " split; guessing %.2f",
            baselines.unigram(),
            baselines.bigram(),
            baselines.trigram(),
            Math.log(corpus.vocabulary().size())));
    lines.add(
        Console.format("network   %s: %,d parameters", network(network), network.numParams()));
    lines.add(
        Console.format(
            "training  %d lanes of %,d characters; %,d iterations of %d characters an epoch; %d epochs, %,d iterations",
            lanes.lanes(),
            lanes.laneLength(),
            lanes.segments(),
            lanes.length(),
            configuration.training().epochs(),
            iterations));
    lines.add(Console.format("engine    %s: %s", network.engine().description(), engine.reason()));
    lines.add(memory());
    String where =
        state.finished() != null
            ? "complete already; raise training.epochs or training.max_iterations to go on"
            : state.iteration() == 0
                ? "new run"
                : Console.format("going on at iteration %,d of %,d", state.iteration(), iterations);
    lines.add(Console.format("output    %s (%s)", directory.path(), where));
    return lines;
  }

  private String memory() {
    Lanes lanes = text.training();
    double needed = MemoryEstimate.bytes(network, lanes.lanes(), lanes.length()) / MEGABYTE;
    double allowed = Runtime.getRuntime().maxMemory() / MEGABYTE;
    return Console.format(
            "memory    about %,.0f MB for the network and its training, beside Java and its libraries",
            needed)
        + (needed > allowed && !(network.engine() instanceof CudaEngine)
            ? Console.format(
                "; Java may take %,.0f MB: it will hardly do without a higher %s",
                allowed, JavaMemory.limit())
            : "");
  }

  /** What came of it, and how to use it. */
  static List<String> finished(TrainingState state, RunDirectory directory) {
    double seconds = state.seconds();
    List<String> lines = new ArrayList<>();
    lines.add(
        Console.format(
            "finished after %s, %,d characters in %s (%s), peak memory %s",
            state.finished(),
            state.characters(),
            Console.duration(seconds),
            Console.speed(state.characters() / seconds),
            PeakMemory.text()));
    if (Double.isFinite(state.validation().bestLoss())) {
      lines.add(
          Console.format(
              "lowest validation loss %.4f nats (%.3f bits) per character, at iteration %,d",
              state.validation().bestLoss(),
              Console.bits(state.validation().bestLoss()),
              state.validation().bestIteration()));
    }
    if (Files.exists(directory.lossPng())) {
      lines.add("loss curve: " + directory.lossPng());
    }
    lines.add("write text with it: java -jar trainer.jar sample " + directory.path());
    return lines;
  }

  /** The network in words, such as {@code graves_lstm 256 + graves_lstm 256, softmax 62}. */
  static String network(CharacterNetwork network) {
    return layers(network.model()) + ", softmax " + network.vocabularySize();
  }

  /** The recurrent layers in words. */
  static String layers(Model model) {
    return model.layers().stream().map(Summary::layer).collect(Collectors.joining(" + "));
  }

  private static String layer(Layer layer) {
    return layer.type().name().toLowerCase(Locale.ROOT) + " " + layer.size();
  }
}
