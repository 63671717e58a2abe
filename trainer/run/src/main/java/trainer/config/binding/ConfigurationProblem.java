package trainer.config.binding;

/**
 * A problem of a configuration.
 *
 * @param file the YAML file, or {@code --set KEY=VALUE}
 * @param line from 1; 0: none
 * @param key path of the key, such as {@code model.layers[0].size}; empty: none
 * @param value as written; empty: none
 * @param message the problem and the way out
 */
public record ConfigurationProblem(
    String file, int line, String key, String value, String message) {

  /** {@code configs/x.yml:14: model.layers[0].sise: unknown key; did you mean 'size'?}. */
  @Override
  public String toString() {
    String place = line > 0 ? file + ":" + line : file;
    boolean placeNamesKey = file.startsWith(Setting.OPTION + key + "=");
    return key.isEmpty() || placeNamesKey
        ? place + ": " + message
        : place + ": " + key + ": " + message;
  }
}
