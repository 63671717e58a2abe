package trainer.service.registry;

/**
 * What somebody wants to be done about a version, and why.
 *
 * @param by who decides
 * @param reason for people
 * @param figures JSON object with what was measured, or null
 */
public record Decision(String model, int version, String by, String reason, String figures) {}
