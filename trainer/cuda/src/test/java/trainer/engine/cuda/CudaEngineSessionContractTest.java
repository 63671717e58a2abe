package trainer.engine.cuda;

import org.junit.jupiter.api.Tag;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.EngineSessionContractTest;
import trainer.network.CharacterNetwork;

/** Sessions of the cuda engine, on the emulation. */
@Tag("slow")
class CudaEngineSessionContractTest extends EngineSessionContractTest {
  @Override
  protected Engine engine(CharacterNetwork network) {
    return new CudaEngine(network, EmulatedCuda.device(Precision.FLOAT32));
  }

  @Override
  protected DataType type() {
    return DataType.FLOAT;
  }

  /** About ten roundings of numbers of about 4. */
  @Override
  protected double tolerance() {
    return 10 * 4 * 0x1p-24;
  }
}
