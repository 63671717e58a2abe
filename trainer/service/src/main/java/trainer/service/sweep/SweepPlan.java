package trainer.service.sweep;

import java.util.List;

/**
 * What a sweep searches.
 *
 * @param configuration YAML, as submitted
 * @param variations as {@link trainer.trial.Variation#parse} reads them
 * @param drawn number of random trials; null: every combination
 * @param seed of the draws
 * @param halving one trial in so many goes on; 1: all
 * @param maxMinutes of training, all trials together; null: no limit
 * @param model that the best trial is registered for; null: none
 */
public record SweepPlan(
    String name,
    String configuration,
    List<String> variations,
    Integer drawn,
    long seed,
    int halving,
    Double maxMinutes,
    String model) {
  public SweepPlan {
    variations = List.copyOf(variations);
  }
}
