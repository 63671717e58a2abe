package trainer.config;

/** How the learning rate changes over the iterations. */
public sealed interface Schedule {
  /** Iterations over which the rate rises linearly from zero to the schedule's own. */
  int warmupIterations();

  /** The same rate throughout. */
  record Constant(int warmupIterations) implements Schedule {}

  /** Multiplied by {@code factor} after every {@code everyIterations}. */
  record Step(int warmupIterations, int everyIterations, double factor) implements Schedule {}

  /** Multiplied by {@code factor} per {@code everyIterations}, continuously. */
  record Exponential(int warmupIterations, int everyIterations, double factor)
      implements Schedule {}

  /** Straight line to {@code final_learning_rate} at the last iteration of the run. */
  record Linear(int warmupIterations, double finalLearningRate) implements Schedule {}

  /** Half a cosine to {@code final_learning_rate} at the last iteration of the run. */
  record Cosine(int warmupIterations, double finalLearningRate) implements Schedule {}
}
