package trainer.config.binding;

/**
 * A key that is set outside the file.
 *
 * @param place names it in problems, such as {@code --port 70000}
 * @param text {@code KEY=VALUE}, the value as YAML
 */
public record Assignment(String place, String text) {}
