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
    @Describe("one sample for each; 0: the most probable text; above 1: more varied")
        @Default("[0.5, 0.8, 1.0]")
        @Range("[0, inf)")
        List<Double> temperatures,
    @Describe("prompt that a sample continues; null: none") @Default("null") String prime,
    @Describe("show the start of each sample on the terminal; logs never have it") @Default("true")
        boolean terminal) {

  public Samples {
    Rules.of(Samples.class, everyIterations, length, temperatures, prime, terminal).check();
    temperatures = List.copyOf(temperatures);
  }
}
