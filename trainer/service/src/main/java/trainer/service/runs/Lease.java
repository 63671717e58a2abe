package trainer.service.runs;

/**
 * A worker's right to work on a run, until the lease ends or another attempt begins.
 *
 * @param run as it was when it was taken; its attempt is the fence
 * @param configuration YAML
 */
public record Lease(Run run, String configuration) {}
