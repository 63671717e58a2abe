package trainer.engine.cpu;

import java.util.Optional;
import trainer.config.Compute;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.engine.Allreduce;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.network.CharacterNetwork;
import trainer.network.EngineProvider;

/** Provides {@link CpuEngine}, which runs on every machine in float32. */
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
  public boolean supports(Precision precision) {
    return precision == Precision.FLOAT32 || precision == Precision.BFLOAT16;
  }

  /** In bfloat16 every cell ends within 0.01 nats of float32: see docs/correctness.md. */
  @Override
  public Precision bestPrecision() {
    return DnnlProducts.hasBfloat16() ? Precision.BFLOAT16 : Precision.FLOAT32;
  }

  @Override
  public Optional<String> obstacle(Compute compute) {
    return compute.precision() == Precision.BFLOAT16 && !DnnlProducts.hasBfloat16()
        ? Optional.of("this processor has no bfloat16 products (AVX512_BF16 or AMX)")
        : Optional.empty();
  }

  @Override
  public Compute fitted(Configuration configuration, int vocabulary, Compute compute) {
    return compute.laneGroups() != null
        ? compute
        : compute.withLaneGroups(
            Division.fastest(configuration.model(), configuration.training().batchSize(), compute));
  }

  @Override
  public Engine create(CharacterNetwork network, Compute compute) {
    return new CpuEngine(network, compute);
  }

  @Override
  public Optional<Inference> inference(
      Configuration configuration, int vocabulary, float[] parameters, Compute compute) {
    CpuNetwork network =
        CpuNetwork.of(
            configuration.model(),
            configuration.training(),
            configuration.seed(),
            vocabulary,
            compute);
    network.writeParameters(parameters);
    return Optional.of(network);
  }

  @Override
  public Optional<Rank> rank(
      Configuration configuration, int vocabulary, Compute compute, Allreduce allreduce) {
    CpuNetwork network =
        CpuNetwork.of(
            configuration.model(),
            configuration.training(),
            configuration.seed(),
            vocabulary,
            compute,
            allreduce);
    return Optional.of(new Rank(network, network.arithmetic(), null));
  }
}
