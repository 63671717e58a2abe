package trainer.network;

import java.util.Optional;
import trainer.config.Compute;
import trainer.engine.Engine;

/**
 * Makes one kind of engine. Found by {@link java.util.ServiceLoader}, so an engine is added by a
 * jar on the class path.
 */
public interface EngineProvider {

  /** The engine's name in {@code compute.engine}. */
  Compute.EngineType type();

  /** {@code compute.engine: auto} tries providers in ascending order, and none without an order. */
  Optional<Integer> order();

  /** Whether the engine has a precision; every engine has float32. */
  default boolean supports(Compute.Precision precision) {
    return precision == Compute.Precision.FLOAT32;
  }

  /** Why the engine cannot run here with a precision that it has; empty where it can. */
  Optional<String> obstacle(Compute compute);

  /**
   * An engine for a network whose parameters are drawn.
   *
   * @throws trainer.file.TrainerException if it cannot run here
   */
  Engine create(CharacterNetwork network, Compute compute);
}
