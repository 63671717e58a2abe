package trainer.config.binding;

import trainer.file.ShellWord;

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
  private static final int MOST_KEY = 200;
  private static final int MOST_MESSAGE = 2000;

  /** Shortens a key or message that repeats too much of the file, and keeps all on one line. */
  public ConfigurationProblem {
    file = file.startsWith(Setting.OPTION) ? ShellWord.onOneLine(file) : ShellWord.shown(file);
    key = ShellWord.shortened(ShellWord.onOneLine(key), MOST_KEY);
    message = ShellWord.shortened(ShellWord.onOneLine(message), MOST_MESSAGE);
  }

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
