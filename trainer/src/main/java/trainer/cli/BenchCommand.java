package trainer.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trainer.config.Configuration;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.CharacterNetwork;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;

/** {@code bench CONFIG}. */
@Command(
    name = "bench",
    description =
        "Time the training iterations of a job, and compare them with the fastest matrix product of this machine.",
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  @Mixin private ConfigurationArgument job;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "20",
      description = "Iterations to time. Default: ${DEFAULT-VALUE}.")
  private int iterations;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    if (iterations < 1) {
      throw new ParameterException(
          command.commandLine(), "--iterations %d: must be at least 1".formatted(iterations));
    }
    Configuration configuration = job.load();
    return Interruption.during("stopping", stop -> bench(configuration, stop));
  }

  private void bench(Configuration configuration, StopSignal stop) {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    Corpus corpus = new CorpusReader(stop).openTemporarily(configuration.data());
    Lanes lanes =
        Lanes.training(
            corpus.text(),
            corpus.splits(configuration.data().split()).training(),
            configuration.training().batchSize(),
            configuration.training().sequenceLength());
    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration, corpus.vocabulary().size(), engine.type(), engine.engine())) {
      Console.line("timing %d iterations of %s".formatted(iterations, configuration.name()));
      IterationTimes times = IterationTimes.measure(network, lanes, iterations, stop);
      if (stop.requested()) {
        return;
      }
      // Before the peak is measured: its matrices do not belong to training.
      double memory = PeakMemory.megabytes().orElse(Double.NaN);
      int threads = configuration.compute().threads();
      SgemmPeak peak =
          SgemmPeak.measure(
              network.engine(),
              threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
      Nd4jBackend.start(threads); // the peak was measured with other settings
      BenchReport report =
          new BenchReport(
              Summary.network(network),
              network.numParams(),
              network.engine().description(),
              new TrainingArithmetic(
                  network.model(), network.vocabularySize(), lanes.lanes(), lanes.length()),
              times,
              peak,
              memory);
      System.out.println(json ? report.json() : report.text());
    }
  }
}
