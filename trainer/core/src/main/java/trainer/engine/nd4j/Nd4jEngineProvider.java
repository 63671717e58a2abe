package trainer.engine.nd4j;

import java.util.Optional;
import trainer.config.Compute;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/** Provides {@link Nd4jEngine}. It is slow, so {@code auto} never selects it. */
public final class Nd4jEngineProvider implements EngineProvider {

  @Override
  public Compute.EngineType type() {
    return Compute.EngineType.ND4J;
  }

  @Override
  public Optional<Integer> order() {
    return Optional.empty();
  }

  @Override
  public Optional<String> obstacle(Compute compute) {
    return Optional.empty();
  }

  @Override
  public Engine create(CharacterNetwork network, Compute compute) {
    return new Nd4jEngine(network);
  }
}
