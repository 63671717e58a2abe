package trainer.engine.nd4j;

import org.nd4j.linalg.factory.Nd4j;

/** The ND4J backend that the process runs on. */
public final class Nd4jBackend {
  private Nd4jBackend() {}

  /** Backend and threads, such as {@code nd4j (CPU, AVX512, 2 threads)}. */
  public static String description() {
    return "nd4j (" + Nd4j.getBackend().getClass().getSimpleName() + ")";
  }
}
