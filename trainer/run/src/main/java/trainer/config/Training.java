package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Batches, optimizer and length of training. */
public record Training(
    @Describe("lanes: contiguous stretches of the text, read in parallel")
        @Default("64")
        @Range("[1, inf)")
        int batchSize,
    @Describe("characters per segment, over which gradients flow back")
        @Default("64")
        @Range("[1, inf)")
        int sequenceLength,
    @Describe("passes over the training text") @Default("20") @Range("[1, inf)") int epochs,
    @Describe("maximum number of updates; null: unlimited") @Default("null") @Range("[1, inf)")
        Integer maxIterations,
    @Describe("the optimizer") @Default("{type: adam}") Optimizer optimizer,
    @Describe("learning rate over the iterations") @Default("{type: constant}") Schedule schedule,
    @Describe("clips the gradient of a segment's mean loss per character") @Default("{norm: 5.0}")
        GradientClipping gradientClipping,
    @Describe("early stopping") EarlyStopping earlyStopping) {

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
   * Early stopping.
   *
   * @param patience evaluations without improvement before training stops; null: off
   * @param minDelta minimum improvement of the loss, nats per character
   */
  public record EarlyStopping(
      @Describe("evaluations without improvement before training stops; null: off")
          @Default("null")
          @Range("[1, inf)")
          Integer patience,
      @Describe("minimum improvement of the loss, nats per character")
          @Default("0.0")
          @Range("[0, inf)")
          double minDelta) {

    public EarlyStopping {
      Rules.of(EarlyStopping.class, patience, minDelta).check();
    }
  }
}
