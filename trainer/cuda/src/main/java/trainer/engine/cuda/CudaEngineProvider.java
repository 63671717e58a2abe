package trainer.engine.cuda;

import java.util.Optional;
import trainer.config.Compute;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/** Provides {@link CudaEngine}, for NVIDIA GPUs. */
public final class CudaEngineProvider implements EngineProvider {

  @Override
  public Compute.EngineType type() {
    return Compute.EngineType.CUDA;
  }

  @Override
  public Optional<Integer> order() {
    return Optional.of(10);
  }

  @Override
  public boolean supports(Compute.Precision precision) {
    return precision != Compute.Precision.AUTO;
  }

  /** Opens the GPU to test it. */
  @Override
  public Optional<String> obstacle(Compute compute) {
    return CudaSurvey.obstacle(compute.precision());
  }

  @Override
  public Engine create(CharacterNetwork network, Compute compute) {
    return new CudaEngine(network, compute.precision());
  }
}
