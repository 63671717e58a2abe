package trainer.cluster;

import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import trainer.config.Compute;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.engine.Allreduce;
import trainer.engine.VectorEngine;
import trainer.engine.VectorNetwork;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/** The engine of a network that several machines train. */
public final class ClusterEngine extends VectorEngine {
  private static final String NEEDS_SPARK =
      "compute.workers: %d need an Apache Spark cluster: start this command as 'spark-submit"
          + " --master spark://HOST:7077 --class trainer.cli.Main trainer.jar train …', or train on"
          + " this machine with --set compute.workers=1 (%s)";

  private final String description;

  private ClusterEngine(MultiLayerNetwork network, ClusterNetwork computing, String description) {
    super(network, computing);
    this.description = description;
  }

  /**
   * Starts the workers of a network.
   *
   * @param provider the engine of each worker
   * @throws ClusterException if the program was not started by spark-submit
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
    Compute fixed =
        new Compute(
            provider.type(),
            compute.threads(),
            compute.laneGroups(),
            compute.precision(),
            compute.workers());
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
    int moments = network.training().optimizer().moments();
    ClusterNetwork computing =
        new ClusterNetwork(network.model().layers(), ranks, local, length, moments);
    String description =
        "%d workers, %s (%s, %d lane groups)"
            .formatted(
                fixed.workers(),
                provider.type().name().toLowerCase(Locale.ROOT),
                ranks.arithmetic(),
                fixed.laneGroups());
    return new ClusterEngine(network, computing, description);
  }

  @Override
  public String description() {
    return description;
  }
}
