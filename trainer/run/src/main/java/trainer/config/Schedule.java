package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** How the learning rate changes over the iterations. */
public sealed interface Schedule {
  /** Iterations over which the rate rises linearly from zero to the schedule's own. */
  int warmupIterations();

  /** Whether the rate at an iteration depends on how many there will be. */
  default boolean dependsOnLength() {
    return this instanceof Linear || this instanceof Cosine;
  }

  /** The same rate throughout. */
  record Constant(@Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations)
      implements Schedule {

    public Constant {
      Rules.of(Constant.class, warmupIterations).check();
    }
  }

  /** Multiplied by {@code factor} after every {@code everyIterations}. */
  record Step(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe("iterations after which the rate is multiplied by the factor") @Range("[1, inf)")
          int everyIterations,
      @Describe("what the rate is multiplied by") @Range("(0, 1]") double factor)
      implements Schedule {

    public Step {
      Rules.of(Step.class, warmupIterations, everyIterations, factor).check();
    }
  }

  /** Multiplied by {@code factor} per {@code everyIterations}, continuously. */
  record Exponential(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe("iterations over which the rate falls, continuously, by the factor")
          @Range("[1, inf)")
          int everyIterations,
      @Describe("what the rate is multiplied by") @Range("(0, 1]") double factor)
      implements Schedule {

    public Exponential {
      Rules.of(Exponential.class, warmupIterations, everyIterations, factor).check();
    }
  }

  /** Straight line to {@code final_learning_rate} at the last iteration of the run. */
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

  /** What {@code warmup_iterations} means. */
  String WARMUP = "iterations over which the rate rises from 0";

  /** What {@code final_learning_rate} means. */
  String FINAL = "learning rate at the last iteration of the run";
}
