package trainer.service.registry;

/**
 * A decision about a version.
 *
 * @param by the caller or schedule
 * @param figures of the evaluation, a JSON object, or null
 */
public record Decision(String model, int version, String by, String reason, String figures) {}
