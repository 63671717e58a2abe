package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** The learning rate over the iterations. */
public sealed interface Schedule {
  /** Iterations of linear warm-up from zero. */
  int warmupIterations();

  /** Whether the rate depends on the total number of iterations. */
  default boolean dependsOnLength() {
    return this instanceof Linear || this instanceof Cosine;
  }

  /** Constant rate. */
  record Constant(@Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations)
      implements Schedule {

    public Constant {
      Rules.of(Constant.class, warmupIterations).check();
    }
  }

  /** What step and exponential have in common. */
  interface Decay {
    Integer everyIterations();

    Integer everyEpochs();

    Integer afterIterations();

    Integer afterEpochs();

    double factor();

    /** Iterations in which the rate decays by the factor. */
    default long every(long iterationsPerEpoch) {
      return everyEpochs() == null ? everyIterations() : everyEpochs() * iterationsPerEpoch;
    }

    /** Iterations at the whole rate. */
    default long after(long iterationsPerEpoch, long defaultValue) {
      if (afterEpochs() != null) {
        return afterEpochs() * iterationsPerEpoch;
      }
      return afterIterations() == null ? defaultValue : afterIterations();
    }
  }

  /**
   * Multiplied by {@code factor} after the first iterations, by default as many as {@code every},
   * and then every so many.
   */
  record Step(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe("iterations between multiplications by the factor")
          @Default("null")
          @Range("[1, inf)")
          Integer everyIterations,
      @Describe("or epochs between them") @Default("null") @Range("[1, inf)") Integer everyEpochs,
      @Describe("iterations before the first one; null: as between them")
          @Default("null")
          @Range("[0, inf)")
          Integer afterIterations,
      @Describe("or epochs before it") @Default("null") @Range("[0, inf)") Integer afterEpochs,
      @Describe("factor of the rate") @Range("(0, 1]") double factor)
      implements Schedule, Decay {

    public Step {
      oneOfEach(
              Rules.of(
                  Step.class,
                  warmupIterations,
                  everyIterations,
                  everyEpochs,
                  afterIterations,
                  afterEpochs,
                  factor),
              everyIterations,
              everyEpochs,
              afterIterations,
              afterEpochs)
          .check();
    }
  }

  /** Multiplied by {@code factor} per {@code every}, continuously, after the first iterations. */
  record Exponential(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe("iterations over which the rate decays continuously by the factor")
          @Default("null")
          @Range("[1, inf)")
          Integer everyIterations,
      @Describe("or epochs over which it does") @Default("null") @Range("[1, inf)")
          Integer everyEpochs,
      @Describe("iterations before the decay begins; null: 0") @Default("null") @Range("[0, inf)")
          Integer afterIterations,
      @Describe("or epochs before it begins") @Default("null") @Range("[0, inf)")
          Integer afterEpochs,
      @Describe("factor of the rate") @Range("(0, 1]") double factor)
      implements Schedule, Decay {

    public Exponential {
      oneOfEach(
              Rules.of(
                  Exponential.class,
                  warmupIterations,
                  everyIterations,
                  everyEpochs,
                  afterIterations,
                  afterEpochs,
                  factor),
              everyIterations,
              everyEpochs,
              afterIterations,
              afterEpochs)
          .check();
    }
  }

  private static Rules oneOfEach(
      Rules rules,
      Integer everyIterations,
      Integer everyEpochs,
      Integer afterIterations,
      Integer afterEpochs) {
    return rules
        .and(
            everyIterations != null || everyEpochs != null,
            "every_iterations",
            "every_epochs",
            "missing; set it or every_epochs")
        .and(
            everyIterations == null || everyEpochs == null,
            "every_iterations",
            "every_epochs",
            "set it or every_epochs, not both")
        .and(
            afterIterations == null || afterEpochs == null,
            "after_iterations",
            "after_epochs",
            "set it or after_epochs, not both");
  }

  /** Linear to {@code final_learning_rate} at the last iteration of the run. */
  record Linear(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe(FINAL) @Default("0.0") @Range("[0, inf)") double finalLearningRate)
      implements Schedule {

    public Linear {
      Rules.of(Linear.class, warmupIterations, finalLearningRate).check();
    }
  }

  /** Half a cosine to {@code final_learning_rate} at the last iteration of the run. */
  record Cosine(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe(FINAL) @Default("0.0") @Range("[0, inf)") double finalLearningRate)
      implements Schedule {

    public Cosine {
      Rules.of(Cosine.class, warmupIterations, finalLearningRate).check();
    }
  }

  /** Describes {@code warmup_iterations}. */
  String WARMUP = "iterations of linear warm-up from 0";

  /** Describes {@code final_learning_rate}. */
  String FINAL = "learning rate at the last iteration, if the warm-up ends before it";
}
