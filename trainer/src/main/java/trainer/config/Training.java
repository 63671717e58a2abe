package trainer.config;

/** Batches, updates and when to stop. */
public record Training(
    int batchSize,
    int sequenceLength,
    int epochs,
    Integer maxIterations,
    Optimizer optimizer,
    Schedule schedule,
    GradientClipping gradientClipping,
    EarlyStopping earlyStopping) {

  /**
   * When to stop before the end.
   *
   * @param patience evaluations without improvement after which training stops; null: never
   * @param minDelta nats by which a loss must be lower to count as an improvement
   */
  public record EarlyStopping(Integer patience, double minDelta) {}
}
