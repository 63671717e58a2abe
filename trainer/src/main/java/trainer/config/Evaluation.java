package trainer.config;

/** How often the whole validation split is measured. */
public record Evaluation(int everyIterations) {}
