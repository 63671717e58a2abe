package trainer.config;

/** How often checkpoints are written and how many are kept. */
public record Checkpoints(int everyIterations, Double everyMinutes, int keepLast, int keepBest) {}
