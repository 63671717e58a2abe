package trainer.config.binding;

/**
 * One thing that is wrong with a configuration.
 *
 * @param file the YAML file, or {@code --set KEY=VALUE}
 * @param line the line in the file from 1; 0 where there is none
 * @param key the path of the key, such as {@code model.layers[0].size}; empty where no key is
 *     concerned
 * @param value the value as written; empty where no value is concerned
 * @param message what is wrong and the way out
 */
public record Problem(String file, int line, String key, String value, String message) {

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
