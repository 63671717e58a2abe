package trainer.engine.cpu;

import java.util.Optional;
import trainer.config.Compute;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/** Provides {@link CpuEngine}, which runs on every machine. */
public final class CpuEngineProvider implements EngineProvider {

  @Override
  public Compute.EngineType type() {
    return Compute.EngineType.CPU;
  }

  @Override
  public Optional<Integer> order() {
    return Optional.of(100);
  }

  @Override
  public Optional<String> obstacle(Compute compute) {
    return Optional.empty();
  }

  @Override
  public Engine create(CharacterNetwork network, Compute compute) {
    return new CpuEngine(network, compute.threads());
  }
}
