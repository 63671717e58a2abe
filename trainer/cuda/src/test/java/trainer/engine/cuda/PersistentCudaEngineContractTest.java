package trainer.engine.cuda;

import org.junit.jupiter.api.Tag;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;

/** The cuda engine with persistent kernels, in clusters, against the reference engine. */
@Tag("slow")
class PersistentCudaEngineContractTest extends CudaEngineContractTest {
  @Override
  protected Engine engine(CharacterNetwork network) {
    return new CudaEngine(
        network, EmulatedCuda.device(new GpuMode(Precision.FLOAT32, Recurrence.CLUSTERS)));
  }
}
