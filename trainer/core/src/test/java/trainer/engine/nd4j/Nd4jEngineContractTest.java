package trainer.engine.nd4j;

import org.nd4j.linalg.api.buffer.DataType;
import trainer.engine.Engine;
import trainer.engine.EngineContractTest;
import trainer.network.CharacterNetwork;

/** The reference engine in the single precision that it trains in. */
class Nd4jEngineContractTest extends EngineContractTest {
  /** Half the distance from 1 to the next number of type float. */
  private static final double ROUNDING = 0x1p-24;

  @Override
  protected Engine engine(CharacterNetwork network) {
    return new Nd4jEngine(network);
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
