package trainer.config;

import java.util.List;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/**
 * The sample text that training writes now and then.
 *
 * @param everyIterations 0: never
 * @param prime null: the model starts on its own
 */
public record Samples(
    @Describe("iterations between two samples; 0: none") @Default("500") @Range("[0, inf)")
        int everyIterations,
    @Describe("characters of a sample") @Default("300") @Range("[1, inf)") int length,
    @Describe("a sample is drawn at each; below 1 is safer, above 1 more varied")
        @Default("[0.5, 0.8, 1.0]")
        @Range("(0, inf)")
        List<Double> temperatures,
    @Describe("text that a sample continues; null: none") @Default("null") String prime) {

  public Samples {
    Rules.of(Samples.class, everyIterations, length, temperatures, prime).check();
    temperatures = List.copyOf(temperatures);
  }
}
