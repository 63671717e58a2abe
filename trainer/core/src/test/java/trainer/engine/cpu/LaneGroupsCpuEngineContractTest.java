package trainer.engine.cpu;

import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.EngineContractTest;
import trainer.network.CharacterNetwork;

/** The engine for CPUs against the reference engine, with lane groups. */
class LaneGroupsCpuEngineContractTest extends EngineContractTest {
  /** Half the distance from 1 to the next number of type float. */
  private static final double ROUNDING = 0x1p-24;

  @Override
  protected Engine engine(CharacterNetwork network) {
    return new CpuEngine(network, new Compute(EngineType.CPU, 2, 3, Precision.FLOAT32));
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
