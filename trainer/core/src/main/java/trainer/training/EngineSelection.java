package trainer.training;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.cluster.ClusterEngine;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/**
 * Chooses an engine among the providers on the class path.
 *
 * @param provider the engine's
 * @param compute with the precision that is used, never {@code AUTO}
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
      found =
          named(
              with(EngineType.CPU, asked.precision(), asked),
              "the one that trains on several machines");
    } else {
      found = fastest(asked);
    }
    if (!open) {
      return found;
    }
    Precision best = found.provider.bestPrecision();
    return new EngineSelection(
        found.provider,
        compute.with(best),
        "%s; %s is its best precision here".formatted(found.reason, name(best)));
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
    return compute.workers() == 1
        ? provider.create(network, compute)
        : ClusterEngine.create(network, provider, compute);
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
    if (compute.workers() > 1) {
      return forReading(compute.alone());
    }
    try {
      return select(compute);
    } catch (TrainingException e) {
      return compute.engine() == EngineType.AUTO
          ? select(with(EngineType.AUTO, Precision.FLOAT32, compute))
          : forReading(with(EngineType.AUTO, compute.precision(), compute));
    }
  }

  private static Compute with(EngineType engine, Precision precision, Compute compute) {
    return new Compute(
        engine, compute.threads(), compute.laneGroups(), precision, compute.workers());
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
    return new TrainingException(
        "compute.engine: %s cannot run here: %s; or use auto, cpu or nd4j"
            .formatted(name(compute.engine()), obstacle));
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
