package trainer.search;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import trainer.config.Configuration;
import trainer.trial.Setting;

/**
 * One run of a sweep.
 *
 * @param settings that it differs in, {@code KEY=VALUE}
 * @param configuration with these settings
 * @param directory its run directory
 */
public record Trial(List<String> settings, Configuration configuration, Path directory) {
  private static final int LONGEST_NAME = 80;

  public Trial {
    settings = List.copyOf(settings);
  }

  /**
   * A trial in a directory below {@code parent} that is named for its settings, so that a sweep
   * over more values finds the runs that are there.
   */
  public static Trial in(Path parent, List<String> settings, Configuration configuration) {
    String text = Setting.shortly(settings).replaceAll("[^A-Za-z0-9.=_-]+", "_");
    String name =
        text.length() <= LONGEST_NAME && text.equals(Setting.shortly(settings).replace(' ', '_'))
            ? text
            : String.format(
                Locale.ROOT, "%.60s-%08x", text, String.join("\n", settings).hashCode());
    return new Trial(settings, configuration, parent.resolve(name));
  }

  /** The settings with the last word of each key, such as {@code learning_rate=0.01 size=128}. */
  public String name() {
    return Setting.shortly(settings);
  }
}
