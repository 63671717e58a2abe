package trainer.cluster;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import trainer.config.Compute;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.engine.Allreduce;
import trainer.engine.VectorEngine;
import trainer.engine.VectorNetwork;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/** The engine of a network that several machines, or several GPUs of this one, train. */
public final class ClusterEngine extends VectorEngine {
  private static final String NEEDS_SPARK =
      "compute.workers: %d need an Apache Spark cluster: start this command as 'spark-submit"
          + " --master spark://HOST:7077 --class trainer.cli.Main trainer.jar train …', or train on"
          + " this machine with --set compute.workers=1 (%s)";

  private final String description;
  private final Optional<String> gpu;

  private ClusterEngine(
      CharacterNetwork network, Ranks ranks, VectorNetwork<?> local, Compute compute, String gpu) {
    super(
        network,
        new ClusterNetwork(
            network.model().layers(),
            ranks,
            local,
            Math.toIntExact(network.numParams()),
            network.training().optimizer().moments()));
    this.gpu = Optional.ofNullable(gpu);
    description =
        "%d %s, %s (%s, %d lane groups)"
            .formatted(
                ranks.size(),
                ranks.name(),
                compute.engine().name().toLowerCase(Locale.ROOT),
                ranks.description(),
                compute.groups());
  }

  /**
   * Opens the GPUs of this machine that a network trains on.
   *
   * @param provider the engine of each GPU
   * @param gpus what each of them computes
   */
  public static ClusterEngine create(
      CharacterNetwork network, EngineProvider provider, List<Compute> gpus) {
    Compute one = gpus.get(0).with(provider.type());
    LocalRanks ranks =
        LocalRanks.open(
            gpus.size(),
            Math.toIntExact(network.numParams()),
            (rank, sums) ->
                provider
                    .rank(network.configuration(), network.vocabularySize(), gpus.get(rank), sums)
                    .orElseThrow());
    return new ClusterEngine(network, ranks, ranks.first(), one, ranks.gpu());
  }

  /**
   * Starts the workers of a network.
   *
   * @param provider the engine of each worker
   * @throws ClusterException if the program was not started by spark-submit, or the network is too
   *     large
   * @throws WorkersLostException if workers do not come
   */
  public static ClusterEngine create(
      CharacterNetwork network, EngineProvider provider, Compute compute) {
    String obstacle = "charrnn-spark is not on the class path";
    for (WorkerLauncher launcher :
        ServiceLoader.load(WorkerLauncher.class, ClusterEngine.class.getClassLoader())) {
      Optional<String> found = launcher.obstacle();
      if (found.isEmpty()) {
        return create(network, provider, compute, launcher);
      }
      obstacle = found.get();
    }
    throw new ClusterException(NEEDS_SPARK.formatted(compute.workers(), obstacle));
  }

  static ClusterEngine create(
      CharacterNetwork network, EngineProvider provider, Compute compute, WorkerLauncher launcher) {
    requireSendable(network.numParams(), network.training().optimizer().moments());
    Compute fixed = compute.with(provider.type());
    Configuration configuration = network.configuration().with(fixed);
    int length = Math.toIntExact(network.numParams());
    VectorNetwork<?> local =
        provider
            .rank(configuration, network.vocabularySize(), fixed, Allreduce.ALONE)
            .orElseThrow()
            .network();
    RankGroup ranks;
    try {
      ranks =
          RankGroup.start(
              launcher,
              fixed.workers(),
              fixed.threads(),
              ConfigurationWriter.toYaml(configuration),
              network.vocabularySize(),
              length);
    } catch (RuntimeException e) {
      local.close();
      throw e;
    }
    return new ClusterEngine(network, ranks, local, fixed, null);
  }

  /** Parameters are one message, and so are the optimizer's averages: {@code moments} for each. */
  static void requireSendable(long parameters, int moments) {
    int most = (Rank.LONGEST - 1) / Float.BYTES / Math.max(1, moments);
    if (parameters > most) {
      throw new ClusterException(
          String.format(
              Locale.ROOT,
              "compute.workers: workers train networks of at most %,d parameters with this optimizer, and this one has %,d: choose smaller layers, or train on one machine with --set compute.workers=1",
              most,
              parameters));
    }
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public Optional<String> gpu() {
    return gpu;
  }
}
