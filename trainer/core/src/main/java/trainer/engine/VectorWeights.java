package trainer.engine;

/**
 * Parameters, gradient and optimizer averages in an engine's own layout, copied from and to vectors
 * in the order of {@link trainer.cell.CellLayout}.
 */
public interface VectorWeights {

  /** Length of the vector of parameters. */
  int length();

  /** Averages that the optimizer keeps of each parameter. */
  int moments();

  /** Copies the parameters from a vector. */
  void takeParameters(float[] vector);

  /** Copies the parameters to a vector. */
  void putParameters(float[] vector);

  /** Copies the gradient to a vector. */
  void putGradient(float[] vector);

  /** Copies an average from a vector that holds it from {@code offset} on. */
  void takeMoment(int index, float[] vector, int offset);

  /** Copies an average to a vector from {@code offset} on. */
  void putMoment(int index, float[] vector, int offset);
}
