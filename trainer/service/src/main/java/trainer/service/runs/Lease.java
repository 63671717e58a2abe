package trainer.service.runs;

/**
 * A worker's exclusive right to a run, until it expires or a new attempt starts.
 *
 * @param run when it was taken; its attempt is the fencing token
 * @param configuration YAML
 * @param until iterations that this attempt trains to; null: as the configuration says
 * @param gpus that train it together, if it needs any
 */
public record Lease(Run run, String configuration, Integer until, int gpus) {}
