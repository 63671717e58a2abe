package trainer.training;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/**
 * Chooses an engine among the providers on the class path.
 *
 * @param type of the network's arrays
 * @param engine creates the engine
 * @param precision of its products, never {@code AUTO}
 * @param reason why they were chosen, and why faster ones cannot run
 */
public record EngineSelection(
    DataType type, Function<CharacterNetwork, Engine> engine, Precision precision, String reason) {

  private static final String ABSENT = "charrnn-cuda is not on the class path";

  /**
   * The engine that a configuration names, or the fastest available. Starts ND4J, which holds the
   * network's arrays with every engine.
   *
   * @throws TrainingException if the named engine or precision is not available on this machine
   */
  public static EngineSelection of(Compute compute) {
    Nd4jBackend.start(compute.threads());
    boolean open = compute.precision() == Precision.AUTO;
    Compute asked = open ? compute.with(Precision.FLOAT32) : compute;
    Found found = compute.engine() == EngineType.AUTO ? fastest(asked) : named(asked);
    Precision precision = open ? found.provider.bestPrecision() : compute.precision();
    String reason =
        open
            ? "%s; %s is its best precision here".formatted(found.reason, name(precision))
            : found.reason;
    return new EngineSelection(
        DataType.FLOAT,
        network -> found.provider.create(network, compute.with(precision)),
        precision,
        reason);
  }

  /** A provider, and why it was chosen. */
  private record Found(EngineProvider provider, String reason) {}

  /**
   * An engine for inference: as {@link #of}, but falls back to another engine, and then to float32,
   * if the one that trained the network is not available here.
   */
  public static EngineSelection forReading(Compute compute) {
    try {
      return of(compute);
    } catch (TrainingException e) {
      return compute.engine() == EngineType.AUTO
          ? of(with(EngineType.AUTO, Precision.FLOAT32, compute))
          : forReading(with(EngineType.AUTO, compute.precision(), compute));
    }
  }

  private static Compute with(EngineType engine, Precision precision, Compute compute) {
    return new Compute(engine, compute.threads(), compute.laneGroups(), precision);
  }

  private static Found named(Compute compute) {
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
    return new Found(provider, "compute.engine names it");
  }

  private static TrainingException cannotRun(Compute compute, String obstacle) {
    return new TrainingException(
        "compute.engine: %s cannot run here: %s; or use auto, cpu or nd4j"
            .formatted(name(compute.engine()), obstacle));
  }

  private static Found fastest(Compute compute) {
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
        return new Found(provider, reason.toString());
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
