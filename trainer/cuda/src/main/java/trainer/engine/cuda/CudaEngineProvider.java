package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import trainer.config.Compute;
import trainer.config.Configuration;
import trainer.config.binding.Selection;
import trainer.cuda.KernelCache;
import trainer.cuda.LibrarySearch;
import trainer.engine.Allreduce;
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

  /** Opens the GPUs to test them. */
  @Override
  public Optional<String> obstacle(Compute compute) {
    return CudaSurvey.obstacle(compute.precision(), compute.recurrence(), compute.gpus());
  }

  @Override
  public Compute fitted(Configuration configuration, int vocabulary, Compute compute) {
    return compute.recurrence() == Compute.Recurrence.STEPS
        ? compute
        : compute.with(
            RecurrenceChoice.of(
                configuration,
                vocabulary,
                compute,
                way -> open(compute.with(way)),
                KernelCache.ofThisMachine(),
                System::nanoTime));
  }

  @Override
  public List<Compute> gpus(Compute compute) {
    return Device.ordinals(LibrarySearch.ofThisMachine(), compute.gpus()).stream()
        .map(ordinal -> compute.with(Selection.of(List.of(ordinal))))
        .toList();
  }

  @Override
  public Engine create(CharacterNetwork network, Compute compute) {
    return new CudaEngine(network, open(compute), compute.groups());
  }

  @Override
  public Optional<Rank> rank(
      Configuration configuration, int vocabulary, Compute compute, Allreduce allreduce) {
    Device device = open(compute);
    String model = device.gpu().properties().name();
    CudaNetwork network =
        CudaNetwork.of(configuration, vocabulary, device, compute.groups(), allreduce);
    return Optional.of(new Rank(network, device.description(), model));
  }

  /** The first of the GPUs that a configuration names. */
  private static Device open(Compute compute) {
    int ordinal = compute.gpus().among(1).get(0);
    return SelfCheck.open(compute.precision(), compute.recurrence(), ordinal);
  }
}
