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

  /** Multiplied by {@code factor} after every {@code everyIterations}. */
  record Step(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe("iterations between multiplications by the factor") @Range("[1, inf)")
          int everyIterations,
      @Describe("factor of the rate") @Range("(0, 1]") double factor)
      implements Schedule {

    public Step {
      Rules.of(Step.class, warmupIterations, everyIterations, factor).check();
    }
  }

  /** Multiplied by {@code factor} per {@code everyIterations}, continuously. */
  record Exponential(
      @Describe(WARMUP) @Default("0") @Range("[0, inf)") int warmupIterations,
      @Describe("iterations over which the rate decays continuously by the factor")
          @Range("[1, inf)")
          int everyIterations,
      @Describe("factor of the rate") @Range("(0, 1]") double factor)
      implements Schedule {

    public Exponential {
      Rules.of(Exponential.class, warmupIterations, everyIterations, factor).check();
    }
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
