package trainer.engine.cuda;

import org.junit.jupiter.api.Tag;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.EngineContractTest;
import trainer.network.CharacterNetwork;

/** The cuda engine on the emulation against the reference engine. */
@Tag("slow")
class CudaEngineContractTest extends EngineContractTest {
  /** Half the distance from 1 to the next number of type float. */
  private static final double ROUNDING = 0x1p-24;

  @Override
  protected Engine engine(CharacterNetwork network) {
    return new CudaEngine(network, EmulatedCuda.device(Precision.FLOAT32));
  }

  @Override
  protected DataType type() {
    return DataType.FLOAT;
  }

  /** Rounding errors of a sum grow with the square root of its terms; the functions add a few. */
  @Override
  protected double tolerance(int terms) {
    return ROUNDING * (8 + 4 * Math.sqrt(terms));
  }
}
