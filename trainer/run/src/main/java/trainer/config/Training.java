package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Batches, updates and when to stop. */
public record Training(
    @Describe("contiguous stretches of the text read side by side")
        @Default("64")
        @Range("[1, inf)")
        int batchSize,
    @Describe("characters per segment: how far gradients reach back")
        @Default("64")
        @Range("[1, inf)")
        int sequenceLength,
    @Describe("passes over the training text") @Default("20") @Range("[1, inf)") int epochs,
    @Describe("updates after which training stops, if that is earlier; null: no bound")
        @Default("null")
        @Range("[1, inf)")
        Integer maxIterations,
    @Describe("how a gradient becomes an update") @Default("{type: adam}") Optimizer optimizer,
    @Describe("how the learning rate changes over the iterations") @Default("{type: constant}")
        Schedule schedule,
    @Describe("the bound on the gradient of a segment's mean loss per character")
        @Default("{norm: 5.0}")
        GradientClipping gradientClipping,
    @Describe("when to stop before the end") EarlyStopping earlyStopping) {

  public Training {
    Rules.of(
            Training.class,
            batchSize,
            sequenceLength,
            epochs,
            maxIterations,
            optimizer,
            schedule,
            gradientClipping,
            earlyStopping)
        .check();
  }

  /** The same with other batches. */
  public Training withBatches(int lanes, int length) {
    return new Training(
        lanes, length, epochs, maxIterations, optimizer, schedule, gradientClipping, earlyStopping);
  }

  /** The same with another optimizer. */
  public Training with(Optimizer other) {
    return new Training(
        batchSize,
        sequenceLength,
        epochs,
        maxIterations,
        other,
        schedule,
        gradientClipping,
        earlyStopping);
  }

  /** The same with a maximum number of updates. */
  public Training withIterations(int iterations) {
    return new Training(
        batchSize,
        sequenceLength,
        epochs,
        iterations,
        optimizer,
        schedule,
        gradientClipping,
        earlyStopping);
  }

  /**
   * When to stop before the end.
   *
   * @param patience evaluations without improvement after which training stops; null: never
   * @param minDelta nats by which a loss must be lower to count as an improvement
   */
  public record EarlyStopping(
      @Describe("evaluations without improvement after which training stops; null: never")
          @Default("null")
          @Range("[1, inf)")
          Integer patience,
      @Describe("nats per character by which a loss must be lower to count as an improvement")
          @Default("0.0")
          @Range("[0, inf)")
          double minDelta) {

    public EarlyStopping {
      Rules.of(EarlyStopping.class, patience, minDelta).check();
    }
  }
}
