package trainer.trial;

import java.util.List;
import java.util.stream.Collectors;

/** Settings {@code KEY=VALUE} of a trial. */
public final class Setting {
  private Setting() {}

  public static String key(String setting) {
    return setting.substring(0, setting.indexOf('='));
  }

  public static String value(String setting) {
    return setting.substring(setting.indexOf('=') + 1);
  }

  /** Settings with the last word of each key, such as {@code learning_rate=0.01 size=128}. */
  public static String shortly(List<String> settings) {
    return settings.stream()
        .map(setting -> key(setting).replaceFirst(".*\\.", "") + "=" + value(setting))
        .collect(Collectors.joining(" "));
  }
}
