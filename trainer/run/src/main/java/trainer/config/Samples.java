package trainer.config;

import java.util.List;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/**
 * Text samples during training.
 *
 * @param everyIterations 0: never
 * @param prime prompt; null: none
 */
public record Samples(
    @Describe("iterations between samples; 0: off") @Default("500") @Range("[0, inf)")
        int everyIterations,
    @Describe("characters per sample") @Default("300") @Range("[1, inf)") int length,
    @Describe("one sample for each; below 1 more conservative, above 1 more varied")
        @Default("[0.5, 0.8, 1.0]")
        @Range("(0, inf)")
        List<Double> temperatures,
    @Describe("prompt that a sample continues; null: none") @Default("null") String prime) {

  public Samples {
    Rules.of(Samples.class, everyIterations, length, temperatures, prime).check();
    temperatures = List.copyOf(temperatures);
  }
}
