package trainer.engine.cuda;

import java.util.Optional;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.cuda.CudaException;
import trainer.engine.Allreduce;
import trainer.engine.VectorEngine;
import trainer.network.CharacterNetwork;

/** The engine for NVIDIA GPUs: whole training steps on the GPU. */
public final class CudaEngine extends VectorEngine {
  private final CudaNetwork computing;

  /**
   * An engine on this machine's first GPU, checked, for an initialized network; by steps.
   *
   * @throws CudaException if it cannot be used, with the reason
   */
  public CudaEngine(CharacterNetwork network, Precision precision) {
    this(network, SelfCheck.open(precision, Recurrence.STEPS, 0));
  }

  /**
   * @param device closed with this engine, also if construction fails
   */
  CudaEngine(CharacterNetwork network, Device device) {
    this(network, device, 0);
  }

  /**
   * @param device closed with this engine, also if construction fails
   * @param laneGroups 0: none
   */
  CudaEngine(CharacterNetwork network, Device device, int laneGroups) {
    this(
        network,
        CudaNetwork.of(
            network.configuration(),
            network.vocabularySize(),
            device,
            laneGroups,
            Allreduce.ALONE));
  }

  private CudaEngine(CharacterNetwork network, CudaNetwork computing) {
    super(network, computing);
    this.computing = computing;
  }

  @Override
  public String description() {
    return "cuda (" + computing.description() + ")";
  }

  @Override
  public Optional<String> gpu() {
    return Optional.of(computing.device().gpu().properties().name());
  }
}
