package trainer.cluster;

import org.nd4j.linalg.api.buffer.DataType;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;
import trainer.engine.EngineContractTest;
import trainer.engine.cpu.CpuEngineProvider;
import trainer.network.CharacterNetwork;

/** The engine of a cluster against the reference engine: one worker, which any lanes suit. */
class ClusterEngineContractTest extends EngineContractTest {
  private static final double ROUNDING = 0x1p-24;

  @Override
  protected Engine engine(CharacterNetwork network) {
    Compute compute = new Compute(EngineType.CPU, 2, 4, Precision.FLOAT32);
    return ClusterEngine.create(network, new CpuEngineProvider(), compute, new LocalWorkers());
  }

  @Override
  protected DataType type() {
    return DataType.FLOAT;
  }

  @Override
  protected double tolerance(int terms) {
    return ROUNDING * (8 + 4 * Math.sqrt(terms));
  }
}
