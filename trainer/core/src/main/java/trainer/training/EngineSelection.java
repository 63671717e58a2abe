package trainer.training;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.cluster.ClusterEngine;
import trainer.cluster.ClusterException;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.binding.InvalidValuesException;
import trainer.config.binding.Selection;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/**
 * Chooses an engine among the providers on the class path.
 *
 * @param provider the engine's
 * @param compute with the precision that is used, never {@code AUTO}, the number of GPUs, and a
 *     lane group for each of several workers or GPUs
 * @param reason why they were chosen, and why faster ones cannot run
 */
public record EngineSelection(EngineProvider provider, Compute compute, String reason) {

  private static final String ABSENT = "charrnn-cuda is not on the class path";

  /**
   * The engine that a configuration names, or the fastest available. Starts ND4J, which holds the
   * network's arrays with every engine.
   *
   * @throws TrainingException if the named engine or precision is not available on this machine
   */
  public static EngineSelection of(Compute compute) {
    EngineSelection selected = select(compute);
    selected.start();
    return selected;
  }

  private static EngineSelection select(Compute compute) {
    boolean open = compute.precision() == Precision.AUTO;
    Compute asked = open ? compute.with(Precision.FLOAT32) : compute;
    EngineSelection found;
    if (asked.engine() != EngineType.AUTO) {
      found = named(asked, "compute.engine names it");
    } else if (asked.workers() > 1) {
      found = named(asked.with(EngineType.CPU), "the one that trains on several machines");
    } else if (!asked.gpus().equals(Selection.ONE) && !asked.gpus().equals(Selection.ALL)) {
      found = named(asked.with(EngineType.CUDA), "compute.gpus names GPUs");
    } else {
      found = fastest(asked);
    }
    if (open) {
      Precision best = found.provider.bestPrecision();
      String reason = "%s; %s is its best precision here".formatted(found.reason, name(best));
      found = new EngineSelection(found.provider, compute.with(best), reason);
    }
    return found.counted();
  }

  /** With the number of GPUs, if all are to be used, and a lane group for each. */
  private EngineSelection counted() {
    if (!compute.gpus().equals(Selection.ALL)) {
      return new EngineSelection(provider, compute.started(), reason);
    }
    int gpus = provider.gpus(compute).size();
    try {
      Compute counted = compute.with(Selection.first(gpus)).started();
      return new EngineSelection(provider, counted, reason);
    } catch (InvalidValuesException e) {
      throw unequal(gpus);
    }
  }

  /**
   * A configuration with as many GPUs as are used, where it says all.
   *
   * @throws ClusterException if they cannot share its lanes
   */
  public Configuration counted(Configuration configuration) {
    try {
      return configuration.with(configuration.compute().with(compute.gpus()));
    } catch (InvalidValuesException e) {
      throw unequal(compute.ranks());
    }
  }

  /** As a network trains fast here: see {@link EngineProvider#fitted}. */
  public EngineSelection fitted(Configuration configuration, int vocabulary) {
    Compute fitted = provider.fitted(configuration, vocabulary, compute);
    return new EngineSelection(provider, fitted.withLaneGroups(fitted.groups()), reason);
  }

  private static ClusterException unequal(int gpus) {
    return new ClusterException(
        "compute.gpus: all are %d on this machine, which cannot share training.batch_size or"
                .formatted(gpus)
            + " compute.lane_groups equally; use fewer, such as --set compute.gpus=1");
  }

  /** Of the engine's products. */
  public Precision precision() {
    return compute.precision();
  }

  /** Starts ND4J, which holds the arrays of a {@link CharacterNetwork}. */
  private void start() {
    Nd4jBackend.start(compute.threads());
  }

  /** Type of the network's arrays. */
  public DataType type() {
    return DataType.FLOAT;
  }

  /** Creates the engine of a network. */
  public Engine engine(CharacterNetwork network) {
    if (compute.workers() > 1) {
      return ClusterEngine.create(network, provider, compute);
    }
    List<Compute> gpus = provider.gpus(compute);
    return gpus.size() == 1
        ? provider.create(network, gpus.get(0))
        : ClusterEngine.create(network, provider, gpus);
  }

  /** See {@link EngineProvider#inference}. */
  public Optional<Inference> inference(
      Configuration configuration, int vocabulary, float[] parameters) {
    return provider.inference(configuration, vocabulary, parameters, compute);
  }

  /**
   * An engine for inference: as {@link #of}, but falls back to another engine, and then to float32,
   * if the one that trained the network is not available here. Starts nothing.
   */
  public static EngineSelection forReading(Compute compute) {
    if (!compute.equals(compute.alone())) {
      return forReading(compute.alone());
    }
    try {
      return select(compute);
    } catch (TrainingException e) {
      return compute.engine() == EngineType.AUTO
          ? select(compute.with(Precision.FLOAT32))
          : forReading(compute.with(EngineType.AUTO));
    }
  }

  private static EngineSelection named(Compute compute, String reason) {
    EngineProvider provider =
        provider(compute.engine())
            .orElseThrow(() -> cannotRun(compute, ABSENT)); // the others are in this module
    if (!provider.supports(compute.precision())) {
      throw new TrainingException(
          "compute.precision: %s is not a precision of the engine %s, which compute.engine names; use"
                  .formatted(name(compute.precision()), name(compute.engine()))
              + " float32, or the engine auto");
    }
    provider
        .obstacle(compute)
        .ifPresent(
            obstacle -> {
              throw compute.engine() == EngineType.CPU
                  ? unavailable(compute, List.of(obstacle))
                  : cannotRun(compute, obstacle);
            });
    return new EngineSelection(provider, compute, reason);
  }

  private static TrainingException cannotRun(Compute compute, String obstacle) {
    String otherwise =
        compute.gpus().equals(Selection.ONE)
            ? "use auto, cpu or nd4j"
            : "leave out compute.gpus, and use the engine auto, cpu or nd4j";
    return new TrainingException(
        "compute.engine: %s cannot run here: %s; or %s"
            .formatted(name(compute.engine()), obstacle, otherwise));
  }

  private static EngineSelection fastest(Compute compute) {
    StringBuilder reason = new StringBuilder("fastest available");
    List<String> obstacles = new ArrayList<>();
    if (provider(EngineType.CUDA).isEmpty()) {
      reason.append("; cuda unavailable: ").append(ABSENT);
      obstacles.add("cuda: " + ABSENT);
    }
    for (EngineProvider provider : inOrder()) {
      if (!provider.supports(compute.precision())) {
        continue;
      }
      Optional<String> found = provider.obstacle(compute);
      if (found.isEmpty()) {
        return new EngineSelection(provider, compute, reason.toString());
      }
      obstacles.add(name(provider.type()) + ": " + found.get());
      reason.append(
          "; %s unavailable: %s (see 'devices')"
              .formatted(name(provider.type()), found.get().split(": ", 2)[0]));
    }
    throw unavailable(compute, obstacles);
  }

  private static TrainingException unavailable(Compute compute, List<String> obstacles) {
    return new TrainingException(
        "compute.precision: %s is not available here; use float32 (%s)"
            .formatted(name(compute.precision()), String.join("; ", obstacles)));
  }

  private static List<EngineProvider> providers() {
    List<EngineProvider> providers = new ArrayList<>();
    ServiceLoader.load(EngineProvider.class, EngineSelection.class.getClassLoader())
        .forEach(providers::add);
    return providers;
  }

  private static Optional<EngineProvider> provider(EngineType type) {
    return providers().stream().filter(provider -> provider.type() == type).findFirst();
  }

  private static List<EngineProvider> inOrder() {
    return providers().stream()
        .filter(provider -> provider.order().isPresent())
        .sorted(Comparator.comparingInt(provider -> provider.order().orElseThrow()))
        .toList();
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
