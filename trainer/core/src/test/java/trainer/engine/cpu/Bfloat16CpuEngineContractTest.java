package trainer.engine.cpu;

import org.junit.jupiter.api.condition.EnabledIf;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.EngineContractTest;
import trainer.network.CharacterNetwork;

/** The engine for CPUs with products in bfloat16, against the reference engine. */
@EnabledIf("trainer.engine.cpu.DnnlProducts#hasBfloat16")
class Bfloat16CpuEngineContractTest extends EngineContractTest {
  /** Half the distance from 1 to the next number of type bfloat16. */
  private static final double ROUNDING = 0x1p-9;

  @Override
  protected Engine engine(CharacterNetwork network) {
    return new CpuEngine(network, new Compute(EngineType.CPU, 2, 0, Precision.BFLOAT16));
  }

  @Override
  protected DataType type() {
    return DataType.FLOAT;
  }

  /** As in float32: two factors and a few functions of their sums. */
  @Override
  protected double tolerance(int terms) {
    return ROUNDING * (8 + 4 * Math.sqrt(terms));
  }
}
