package trainer.cli;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import trainer.bench.PeakMemory;
import trainer.bench.Speed;
import trainer.cli.console.Console;
import trainer.cli.console.JavaMemory;
import trainer.file.ShellWord;
import trainer.job.TrainingPlan;
import trainer.job.TrainingResult;
import trainer.job.TrainingText;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Splits;
import trainer.text.Unknown;
import trainer.training.MemoryEstimate;
import trainer.training.Progress;
import trainer.training.TrainingState;

/** Summary lines before and after training. */
final class Summary {
  private static final double MEGABYTE = 1e6;

  private Summary() {}

  /** The run's text, network, engine, length and memory. */
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
    Unknown unknown = corpus.unknown();
    if (unknown.count() > 0) {
      lines.add("unknown   " + unknown);
    }
    lines.add(
        Console.format(
            "baseline  unigram %.2f · bigram %.2f · trigram %.2f nats/char on validation; uniform"
                + " %.2f",
            baselines.unigram(),
            baselines.bigram(),
            baselines.trigram(),
            Math.log(corpus.vocabulary().size())));
    lines.add(
        Console.format("network   %s: %,d parameters", network.describe(), network.numParams()));
    lines.add(
        Console.format(
            "training  %d lanes of %,d characters; %,d iterations of %d characters per epoch; %d"
                + " epochs, %,d iterations",
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
            ? "already complete"
            : state.iteration() == 0
                ? "new run"
                : Console.format("resuming at iteration %,d of %,d", state.iteration(), iterations);
    lines.add(Console.format("output    %s (%s)", ShellWord.shown(plan.directory().path()), where));
    return lines;
  }

  private static String memory(TrainingPlan plan) {
    Lanes lanes = plan.text().training();
    CharacterNetwork network = plan.network();
    double needed = MemoryEstimate.bytes(network, lanes.lanes(), lanes.length()) / MEGABYTE;
    double allowed = Runtime.getRuntime().maxMemory() / MEGABYTE;
    return Console.format(
            "memory    about %,.0f MB for weights, optimizer and activations, plus the JVM",
            Math.ceil(needed))
        + (needed > allowed && network.engine().gpu().isEmpty()
            ? Console.format(
                "; the JVM is limited to %,.0f MB: raise %s", allowed, JavaMemory.limit())
            : "");
  }

  /** The result of a finished run, and how to use it. */
  static List<String> finished(TrainingResult result) {
    Progress progress = result.progress();
    RunDirectory directory = result.directory();
    List<String> lines = new ArrayList<>();
    lines.add(
        Console.format(
            "finished after %s, %,d characters in %s%s%s",
            result.reason(),
            progress.characters(),
            Console.duration(progress.seconds()),
            Double.isNaN(result.charactersPerSecond())
                ? ""
                : " (training steps: %s)".formatted(Speed.text(result.charactersPerSecond())),
            result.outcome() == TrainingResult.Outcome.FINISHED
                ? ", peak memory " + PeakMemory.text()
                : ""));
    if (Double.isFinite(progress.validation().bestLoss())) {
      lines.add(
          Console.format(
              "lowest validation loss %.4f nats (%.3f bits) per character, at iteration %,d",
              progress.validation().bestLoss(),
              Console.bits(progress.validation().bestLoss()),
              progress.validation().bestIteration()));
    }
    if (Files.exists(directory.lossPng())) {
      lines.add("loss curve: " + ShellWord.shown(directory.lossPng()));
    }
    String program = System.getProperty("trainer.command", "java -jar trainer.jar"); // bin/trainer
    lines.add("generate text: %s sample %s".formatted(program, ShellWord.of(directory.path())));
    return lines;
  }
}
