package trainer.config;

/** One training job, as its YAML file describes it, every key resolved. */
public record Configuration(
    String name,
    long seed,
    Data data,
    Model model,
    Training training,
    Evaluation evaluation,
    Checkpoints checkpoints,
    Samples samples,
    Compute compute) {}
