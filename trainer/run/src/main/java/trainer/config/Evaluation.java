package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Evaluation on the whole validation split. */
public record Evaluation(
    @Describe("iterations between evaluations on the whole validation split")
        @Default("500")
        @Range("[1, inf)")
        int everyIterations) {

  public Evaluation {
    Rules.of(Evaluation.class, everyIterations).check();
  }
}
