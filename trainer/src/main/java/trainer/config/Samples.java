package trainer.config;

import java.util.List;

/** The sample text that training writes now and then. */
public record Samples(int everyIterations, int length, List<Double> temperatures, String prime) {}
