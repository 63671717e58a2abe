package trainer.network;

import java.util.List;
import java.util.Optional;
import trainer.config.Compute;
import trainer.config.Configuration;
import trainer.config.binding.Selection;
import trainer.engine.Allreduce;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.engine.VectorNetwork;

/**
 * Creates one kind of engine. Found by {@link java.util.ServiceLoader}: a jar on the class path can
 * add an engine.
 */
public interface EngineProvider {

  /** The engine's name in {@code compute.engine}. */
  Compute.EngineType type();

  /**
   * {@code compute.engine: auto} tries providers in ascending order and skips those without one.
   */
  Optional<Integer> order();

  /** Whether the engine supports a precision; all support float32. */
  default boolean supports(Compute.Precision precision) {
    return precision == Compute.Precision.FLOAT32;
  }

  /**
   * The precision that {@code compute.precision: auto} chooses on this machine: the fastest one
   * with which networks learn as in float32.
   */
  default Compute.Precision bestPrecision() {
    return Compute.Precision.FLOAT32;
  }

  /**
   * How a network trains fast on this machine: with lane groups and a recurrence where they are
   * left open, and by steps where another recurrence does not work. Called where there is no {@link
   * #obstacle}.
   *
   * @throws trainer.file.TrainerException if it cannot be measured
   */
  default Compute fitted(Configuration configuration, int vocabulary, Compute compute) {
    return compute;
  }

  /** Why the engine cannot run on this machine; empty if it can. */
  Optional<String> obstacle(Compute compute);

  /**
   * Creates an engine for an initialized network.
   *
   * @throws trainer.file.TrainerException if it cannot run here
   */
  Engine create(CharacterNetwork network, Compute compute);

  /**
   * Opens a network for forward passes alone, without Deeplearning4j and so without the time that
   * it takes to start.
   *
   * @param vocabulary number of characters
   * @param parameters in Deeplearning4j's order
   * @return empty if the engine needs a {@link CharacterNetwork}
   */
  default Optional<Inference> inference(
      Configuration configuration, int vocabulary, float[] parameters, Compute compute) {
    return Optional.empty();
  }

  /**
   * One of the ranks that train a network together.
   *
   * @param arithmetic what, besides the configuration, decides the bytes of results; the same on
   *     all ranks
   * @param gpu its model; null on a CPU
   */
  record Rank(VectorNetwork<?> network, String arithmetic, String gpu) {}

  /**
   * What each of the GPUs of this machine computes that a configuration names: one, or several that
   * train together. Called where there is no {@link #obstacle}.
   *
   * @throws trainer.file.TrainerException if one does not exist
   */
  default List<Compute> gpus(Compute compute) {
    return List.of(compute.with(Selection.ONE));
  }

  /**
   * Opens a rank of zero parameters, without Deeplearning4j.
   *
   * @param vocabulary number of characters
   * @param allreduce sums over the ranks
   * @return empty if the engine trains on one machine only
   */
  default Optional<Rank> rank(
      Configuration configuration, int vocabulary, Compute compute, Allreduce allreduce) {
    return Optional.empty();
  }
}
