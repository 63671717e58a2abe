package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/**
 * Frequency and number of checkpoints.
 *
 * @param everyIterations 0: off
 * @param everyMinutes null: off
 * @param graceSeconds null: unlimited
 */
public record Checkpoints(
    @Describe("iterations between checkpoints; 0: off; there is always one at the end")
        @Default("500")
        @Range("[0, inf)")
        int everyIterations,
    @Describe("maximum minutes between checkpoints; null: off") @Default("null") @Range("(0, inf)")
        Double everyMinutes,
    @Describe("number of newest checkpoints to keep") @Default("3") @Range("[1, inf)") int keepLast,
    @Describe("number of checkpoints with the lowest validation loss to keep")
        @Default("1")
        @Range("[0, inf)")
        int keepBest,
    @Describe(
            "seconds from a signal to the end of the process, if necessary without another"
                + " checkpoint; null: unlimited")
        @Default("null")
        @Range("(0, inf)")
        Double graceSeconds) {

  public Checkpoints {
    Rules.of(Checkpoints.class, everyIterations, everyMinutes, keepLast, keepBest, graceSeconds)
        .check();
  }
}
