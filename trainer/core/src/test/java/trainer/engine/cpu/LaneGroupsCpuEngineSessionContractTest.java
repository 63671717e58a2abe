package trainer.engine.cpu;

import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.EngineSessionContractTest;
import trainer.network.CharacterNetwork;

/** The CPU engine's sessions, with lane groups. */
class LaneGroupsCpuEngineSessionContractTest extends EngineSessionContractTest {
  @Override
  protected Engine engine(CharacterNetwork network) {
    return new CpuEngine(network, new Compute(EngineType.CPU, 2, 3, Precision.FLOAT32));
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
