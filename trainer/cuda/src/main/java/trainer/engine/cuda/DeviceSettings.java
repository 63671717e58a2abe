package trainer.engine.cuda;

import java.util.List;
import java.util.Locale;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;

/**
 * How the GPU is driven. Each is a Java system property, or an environment variable of the same
 * name in capitals, with underscores.
 *
 * @param graphs whether what is done again and again is recorded and done by one call; without, a
 *     fault that recording brings is told from one of a kernel
 */
public record DeviceSettings(Recurrence recurrence, boolean graphs) {
  static final String RECURRENCE = "trainer.cuda.recurrence";
  static final String GRAPHS = "trainer.cuda.graphs";

  /**
   * As the settings say; else by steps, until the other has been seen to be right on GPUs, and
   * recorded.
   *
   * @throws ConfigurationException if a setting is something else than what it can be
   */
  static DeviceSettings ofThisMachine() {
    String recurrence = word(RECURRENCE, "steps", "persistent");
    return new DeviceSettings(
        Recurrence.valueOf(recurrence.toUpperCase(Locale.ROOT)),
        word(GRAPHS, "on", "off").equals("on"));
  }

  /** The word that a setting has, or the first of those that it can have. */
  private static String word(String property, String first, String second) {
    String variable = property.toUpperCase(Locale.ROOT).replace('.', '_');
    String word = System.getProperty(property, System.getenv(variable));
    if (word == null || word.equals(first)) {
      return first;
    }
    if (!word.equals(second)) {
      String message = "'%s' is unknown; it can be '%s' or '%s'".formatted(word, first, second);
      throw new ConfigurationException(
          List.of(
              new ConfigurationProblem(variable + " (or " + property + ")", 0, "", word, message)));
    }
    return second;
  }
}
