package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/**
 * How often checkpoints are written and how many are kept.
 *
 * @param everyIterations 0: not by iterations
 * @param everyMinutes null: not by time
 * @param graceSeconds null: no bound
 */
public record Checkpoints(
    @Describe("iterations between two checkpoints; 0: not by iterations; one is written at the end")
        @Default("500")
        @Range("[0, inf)")
        int everyIterations,
    @Describe("minutes after which a checkpoint is written at the latest; null: not by time")
        @Default("null")
        @Range("(0, inf)")
        Double everyMinutes,
    @Describe("newest checkpoints kept") @Default("3") @Range("[1, inf)") int keepLast,
    @Describe("checkpoints of lowest validation loss kept") @Default("1") @Range("[0, inf)")
        int keepBest,
    @Describe(
            "seconds after a signal in which training must have left, if need be without another"
                + " checkpoint; null: as long as that takes")
        @Default("null")
        @Range("(0, inf)")
        Double graceSeconds) {

  public Checkpoints {
    Rules.of(Checkpoints.class, everyIterations, everyMinutes, keepLast, keepBest, graceSeconds)
        .check();
  }
}
