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
    @Describe(
            "characters of a lane after its last whole segment: read: as a shorter segment; drop:"
                + " never read; null: read, but a resumed run stays as it began")
        @Default("null")
        Remainder remainder,
    @Describe("passes over the training text") @Default("20") @Range("[1, inf)") int epochs,
    @Describe("maximum number of updates; null: unlimited") @Default("null") @Range("[1, inf)")
        Integer maxIterations,
    @Describe("maximum minutes of training, all attempts together; null: unlimited")
        @Default("null")
        @Range("(0, inf)")
        Double maxMinutes,
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
            remainder,
            epochs,
            maxIterations,
            maxMinutes,
            optimizer,
            schedule,
            gradientClipping,
            earlyStopping)
        .check();
  }

  /** The same with other batches. */
  public Training withBatches(int lanes, int length) {
    return with(lanes, length, remainder, maxIterations, maxMinutes, optimizer);
  }

  /** The same with another treatment of the remainder. */
  public Training with(Remainder other) {
    return with(batchSize, sequenceLength, other, maxIterations, maxMinutes, optimizer);
  }

  /** The same with another optimizer. */
  public Training with(Optimizer other) {
    return with(batchSize, sequenceLength, remainder, maxIterations, maxMinutes, other);
  }

  /** The same with a maximum number of updates. */
  public Training withIterations(Integer iterations) {
    return with(batchSize, sequenceLength, remainder, iterations, maxMinutes, optimizer);
  }

  /** The same with a time budget. */
  public Training withMinutes(Double minutes) {
    return with(batchSize, sequenceLength, remainder, maxIterations, minutes, optimizer);
  }

  private Training with(
      int lanes, int length, Remainder rest, Integer iterations, Double minutes, Optimizer update) {
    return new Training(
        lanes,
        length,
        rest,
        epochs,
        iterations,
        minutes,
        update,
        schedule,
        gradientClipping,
        earlyStopping);
  }

  /** The training of a run that starts now. */
  public Training started() {
    return remainder == null ? with(Remainder.READ) : this;
  }

  /** The training that a checkpoint describes. Versions without {@code remainder} dropped it. */
  public Training recorded() {
    return remainder == null ? with(Remainder.DROP) : this;
  }

  /**
   * The training of a run that began with another and resumes with this one. Iterations that were
   * lowered by the time budget, for the schedule, stay as they are.
   */
  public Training resuming(Training began) {
    boolean fixed =
        began.maxMinutes != null
            && schedule.dependsOnLength()
            && began.maxIterations != null
            && (maxIterations == null || maxIterations > began.maxIterations);
    return (fixed ? withIterations(began.maxIterations) : this)
        .with(remainder == null ? began.remainder : remainder);
  }

  /** What happens to the characters of a lane after its last whole segment. */
  public enum Remainder {
    /** They are a shorter segment. */
    READ,
    /** They are never read. */
    DROP
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
