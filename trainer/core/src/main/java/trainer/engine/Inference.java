package trainer.engine;

import trainer.config.Compute.Precision;

/** Forward passes of one network. */
public interface Inference extends AutoCloseable {

  /**
   * Opens a forward pass with its own state, initially zero. Each call uses the current parameters.
   * The carried state of training is not changed.
   *
   * @param lanes texts read in parallel
   */
  Engine.Session session(int lanes);

  /** Precision of the factors of products. */
  default Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  void close();
}
