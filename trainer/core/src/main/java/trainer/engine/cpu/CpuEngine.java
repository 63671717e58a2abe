package trainer.engine.cpu;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.VectorEngine;
import trainer.network.CharacterNetwork;

/** The engine for CPUs. */
public final class CpuEngine extends VectorEngine {
  private final CpuNetwork computing;

  /**
   * An engine in float32, without lane groups.
   *
   * @param threads 0: one per processor
   */
  public CpuEngine(CharacterNetwork network, int threads) {
    this(network, new Compute(EngineType.CPU, threads, 0, Precision.FLOAT32));
  }

  /** An engine for an initialized network. */
  public CpuEngine(CharacterNetwork network, Compute compute) {
    this(
        network,
        CpuNetwork.of(
            network.model(),
            network.training(),
            network.seed(),
            network.vocabularySize(),
            compute));
  }

  private CpuEngine(CharacterNetwork network, CpuNetwork computing) {
    super(network, computing);
    this.computing = computing;
  }

  @Override
  public String description() {
    return "cpu (" + computing.description() + ")";
  }

  @Override
  public Map<String, Duration> phaseTimes() {
    Map<String, Duration> times = new LinkedHashMap<>();
    for (Phase phase : Phase.values()) {
      times.put(phase.description(), Duration.ofNanos(computing.nanoseconds(phase)));
    }
    return times;
  }
}
