package trainer.engine.cpu;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import trainer.config.Compute.Precision;
import trainer.engine.VectorEngine;
import trainer.network.CharacterNetwork;

/** The engine for CPUs. */
public final class CpuEngine extends VectorEngine {
  private final CpuNetwork computing;

  /** An engine in float32. */
  public CpuEngine(CharacterNetwork network, int threads) {
    this(network, threads, Precision.FLOAT32);
  }

  /**
   * An engine for an initialized network.
   *
   * @param threads 0: one per processor
   * @param precision of the factors of products; sums and everything else are in float32
   */
  public CpuEngine(CharacterNetwork network, int threads, Precision precision) {
    this(
        network,
        CpuNetwork.of(
            network.model(),
            network.training(),
            network.seed(),
            network.vocabularySize(),
            threads,
            precision));
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
