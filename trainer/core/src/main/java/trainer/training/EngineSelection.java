package trainer.training;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.cpu.CpuEngine;
import trainer.engine.cuda.CudaEngine;
import trainer.engine.cuda.CudaSurvey;
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
    return switch (compute.engine()) {
      case AUTO -> fastest(compute, CudaSurvey.obstacle(compute.precision()));
      case CPU -> cpu(compute, NAMED);
      case ND4J -> nd4j(compute);
      case CUDA -> {
        CudaSurvey.obstacle(compute.precision())
            .ifPresent(
                obstacle -> {
                  throw new TrainingException(
                      "compute.engine: cuda cannot run here: %s; or use auto, cpu or nd4j"
                          .formatted(obstacle));
                });
        yield cuda(compute.precision(), NAMED);
      }
    };
  }

  /**
   * The engine that reads text with a network trained elsewhere: as {@link #of}, but where the GPU
   * that trained it is missing, the CPU.
   */
  public static EngineSelection forReading(Compute compute) {
    boolean trainedOnGpu =
        compute.engine() == EngineType.CUDA || compute.precision() != Precision.FLOAT32;
    if (!trainedOnGpu) {
      return of(compute);
    }
    Nd4jBackend.start(compute.threads());
    Optional<String> obstacle = CudaSurvey.obstacle(compute.precision());
    return fastest(
        obstacle.isEmpty()
            ? compute
            : new Compute(EngineType.AUTO, compute.threads(), Precision.FLOAT32),
        obstacle);
  }

  private static EngineSelection fastest(Compute compute, Optional<String> obstacle) {
    if (obstacle.isEmpty()) {
      return cuda(compute.precision(), "the fastest that works here");
    }
    if (compute.precision() != Precision.FLOAT32) {
      throw new TrainingException(
          "compute.precision: %s needs the cuda engine, which cannot run here: %s; or use float32"
              .formatted(name(compute.precision()), obstacle.get()));
    }
    String brief = obstacle.get().split(": ", 2)[0];
    return cpu(
        compute, "the fastest that works here; not cuda: %s; 'devices' says more".formatted(brief));
  }

  private static void checkFloat32(Compute compute) {
    if (compute.precision() != Precision.FLOAT32) {
      throw new TrainingException(
          "compute.precision: %s needs the cuda engine, and compute.engine names %s; use float32, or"
                  .formatted(name(compute.precision()), name(compute.engine()))
              + " auto or cuda");
    }
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static EngineSelection cuda(Precision precision, String reason) {
    return new EngineSelection(
        DataType.FLOAT, network -> new CudaEngine(network, precision), reason);
  }

  private static EngineSelection cpu(Compute compute, String reason) {
    checkFloat32(compute);
    int threads = compute.threads();
    return new EngineSelection(DataType.FLOAT, network -> new CpuEngine(network, threads), reason);
  }

  private static EngineSelection nd4j(Compute compute) {
    checkFloat32(compute);
    return new EngineSelection(DataType.FLOAT, Nd4jEngine::new, NAMED);
  }
}
