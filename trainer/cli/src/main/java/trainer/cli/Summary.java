package trainer.cli;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import trainer.bench.PeakMemory;
import trainer.cli.console.Console;
import trainer.cli.console.JavaMemory;
import trainer.job.TrainingPlan;
import trainer.job.TrainingResult;
import trainer.job.TrainingText;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Splits;
import trainer.training.MemoryEstimate;
import trainer.training.Progress;
import trainer.training.TrainingState;

/** What a person should know before training starts, and after it has ended. */
final class Summary {
  private static final double MEGABYTE = 1e6;

  private Summary() {}

  /** What will run, on what, for how long, with how much memory. */
  static List<String> of(TrainingPlan plan) {
    TrainingText text = plan.text();
    CharacterNetwork network = plan.network();
    TrainingState state = plan.state();
    Corpus corpus = text.corpus();
    Splits splits = text.splits();
    Lanes lanes = text.training();
    NgramBaselines.Nats baselines = text.baselines();
    long iterations = plan.iterations();
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
        Console.format("network   %s: %,d parameters", network.describe(), network.numParams()));
    lines.add(
        Console.format(
            "training  %d lanes of %,d characters; %,d iterations of %d characters an epoch; %d epochs, %,d iterations",
            lanes.lanes(),
            lanes.laneLength(),
            lanes.segments(),
            lanes.length(),
            plan.configuration().training().epochs(),
            iterations));
    lines.add(
        Console.format("engine    %s: %s", network.engine().description(), plan.engine().reason()));
    lines.add(memory(plan));
    String where =
        state.finished() != null
            ? "complete already; raise training.epochs or training.max_iterations to go on"
            : state.iteration() == 0
                ? "new run"
                : Console.format("going on at iteration %,d of %,d", state.iteration(), iterations);
    lines.add(Console.format("output    %s (%s)", plan.directory().path(), where));
    return lines;
  }

  private static String memory(TrainingPlan plan) {
    Lanes lanes = plan.text().training();
    CharacterNetwork network = plan.network();
    double needed = MemoryEstimate.bytes(network, lanes.lanes(), lanes.length()) / MEGABYTE;
    double allowed = Runtime.getRuntime().maxMemory() / MEGABYTE;
    return Console.format(
            "memory    about %,.0f MB for the network and its training, beside Java and its libraries",
            needed)
        + (needed > allowed && network.engine().gpu().isEmpty()
            ? Console.format(
                "; Java may take %,.0f MB: it will hardly do without a higher %s",
                allowed, JavaMemory.limit())
            : "");
  }

  /** The result, and how to use it. */
  static List<String> finished(TrainingResult result) {
    Progress progress = result.progress();
    RunDirectory directory = result.directory();
    List<String> lines = new ArrayList<>();
    lines.add(
        Console.format(
            "finished after %s, %,d characters in %s (%s), peak memory %s",
            result.reason(),
            progress.characters(),
            Console.duration(progress.seconds()),
            Console.speed(progress.characters() / progress.seconds()),
            PeakMemory.text()));
    if (Double.isFinite(progress.validation().bestLoss())) {
      lines.add(
          Console.format(
              "lowest validation loss %.4f nats (%.3f bits) per character, at iteration %,d",
              progress.validation().bestLoss(),
              Console.bits(progress.validation().bestLoss()),
              progress.validation().bestIteration()));
    }
    if (Files.exists(directory.lossPng())) {
      lines.add("loss curve: " + directory.lossPng());
    }
    lines.add("write text with it: java -jar trainer.jar sample " + directory.path());
    return lines;
  }
}
