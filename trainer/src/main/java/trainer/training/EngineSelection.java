package trainer.training;

import java.util.Locale;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.cpu.CpuEngine;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.network.CharacterNetwork;

/**
 * The one place where an engine is chosen.
 *
 * @param type of the network's arrays
 * @param engine makes it
 * @param reason why this one
 */
public record EngineSelection(
    DataType type, Function<CharacterNetwork, Engine> engine, String reason) {

  private static final String NAMED = "compute.engine names it";

  /**
   * The engine that a configuration names, or the fastest that works here. Starts ND4J, which holds
   * the network's arrays whatever the engine.
   *
   * @throws TrainingException if a named engine cannot run here
   */
  public static EngineSelection of(Compute compute) {
    Nd4jBackend.start(compute.threads());
    if (compute.precision() != Precision.FLOAT32) {
      throw new TrainingException(
          "compute.precision: %s needs the cuda engine, which this build does not have; use float32"
              .formatted(compute.precision().name().toLowerCase(Locale.ROOT)));
    }
    return switch (compute.engine()) {
      case AUTO -> cpu(compute.threads(), "the fastest engine of this build");
      case CPU -> cpu(compute.threads(), NAMED);
      case ND4J -> nd4j(NAMED);
      case CUDA ->
          throw new TrainingException(
              "compute.engine: this build has no cuda engine; use auto, cpu or nd4j");
    };
  }

  private static EngineSelection cpu(int threads, String reason) {
    return new EngineSelection(DataType.FLOAT, network -> new CpuEngine(network, threads), reason);
  }

  private static EngineSelection nd4j(String reason) {
    return new EngineSelection(DataType.FLOAT, Nd4jEngine::new, reason);
  }
}
