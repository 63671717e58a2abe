package trainer.service.inference;

import java.util.Map;

/**
 * A character of a text as the network predicted it.
 *
 * @param logProbability natural logarithm; null for the first character, which is not predicted
 * @param alternatives the most probable characters there with their logarithms, most probable first
 */
public record Prediction(
    String character, Double logProbability, Map<String, Double> alternatives) {}
