package trainer.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trainer.bench.BenchReport;
import trainer.bench.IterationTimes;
import trainer.bench.PeakMemory;
import trainer.bench.SamplingSpeed;
import trainer.bench.SgemmPeak;
import trainer.bench.TrainingArithmetic;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Configuration;
import trainer.config.Training.Remainder;
import trainer.job.CorpusReader;
import trainer.network.CharacterNetwork;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;

/** {@code bench CONFIG}. */
@Command(
    name = "bench",
    description =
        "Measure the speed of training iterations and their phases, as a share of this machine's"
            + " peak of matrix products.",
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  @Mixin private ConfigurationArgument job;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "20",
      description = "Iterations to time. Default: ${DEFAULT-VALUE}.")
  private int iterations;

  @Option(
      names = "--compare",
      paramLabel = "ENGINE",
      description = "Also time this engine, in alternating iterations: cpu, cuda or nd4j.")
  private EngineType other;

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
    Corpus corpus =
        new CorpusReader(stop, new ConsoleReporter()).openTemporarily(configuration.data());
    Lanes lanes =
        Lanes.training(
            corpus.text(),
            corpus.splits(configuration.data()).training(),
            configuration.training().batchSize(),
            configuration.training().sequenceLength(),
            Remainder.DROP); // all iterations do the same work
    List<CharacterNetwork> networks = new ArrayList<>();
    try {
      networks.add(network(configuration, configuration.compute(), corpus));
      if (other != null) {
        networks.add(network(configuration, with(other, configuration.compute()), corpus));
      }
      Console.line("timing %d iterations of %s".formatted(iterations, configuration.name()));
      List<IterationTimes> times = IterationTimes.measure(networks, lanes, iterations, stop);
      // Before SgemmPeak allocates its matrices.
      double memory = PeakMemory.megabytes().orElse(Double.NaN);
      double sampling = SamplingSpeed.measure(networks.get(0), stop);
      if (stop.requested()) {
        return;
      }
      BenchReport report =
          report(networks, lanes, times, memory, sampling, peak(networks.get(0), configuration));
      System.out.println(json ? report.json() : report.text());
    } finally {
      networks.forEach(CharacterNetwork::close);
    }
  }

  private static Compute with(EngineType engine, Compute compute) {
    return new Compute(engine, compute.threads(), compute.laneGroups(), compute.precision());
  }

  private static CharacterNetwork network(
      Configuration configuration, Compute compute, Corpus corpus) {
    int vocabulary = corpus.vocabulary().size();
    EngineSelection engine = EngineSelection.of(compute).fitted(configuration, vocabulary);
    return new CharacterNetwork(configuration, vocabulary, engine.type(), engine::engine);
  }

  private static SgemmPeak peak(CharacterNetwork network, Configuration configuration) {
    int threads = configuration.compute().threads();
    return SgemmPeak.measure(
        network.engine(),
        EngineSelection.of(configuration.compute()).precision(),
        threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
  }

  private static BenchReport report(
      List<CharacterNetwork> networks,
      Lanes lanes,
      List<IterationTimes> times,
      double memory,
      double sampling,
      SgemmPeak peak) {
    CharacterNetwork network = networks.get(0);
    List<BenchReport.Side> sides = new ArrayList<>();
    for (int side = 0; side < networks.size(); side++) {
      sides.add(new BenchReport.Side(networks.get(side).engine().description(), times.get(side)));
    }
    return new BenchReport(
        network.describe(),
        network.numParams(),
        new TrainingArithmetic(
            network.model(), network.vocabularySize(), lanes.lanes(), lanes.length()),
        sides,
        sampling,
        peak,
        memory);
  }
}
