package trainer.engine.cuda;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import trainer.config.Compute.Recurrence;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;

/**
 * How the engine computes.
 *
 * @param graphs whether repeated work is captured in CUDA graphs; switched off to tell a capture
 *     error from a kernel error
 */
public record DeviceSettings(Recurrence recurrence, boolean graphs) {
  /**
   * A Java system property, or an environment variable of the same name in capitals with
   * underscores.
   */
  static final String GRAPHS = "trainer.cuda.graphs";

  /** Likewise: whether GPUs that train together use each other's memory. */
  static final String PEERS = "trainer.cuda.peers";

  /**
   * A recurrence, by steps if it is left open, and what is set on this machine: CUDA graphs, unless
   * they are switched off.
   *
   * @throws ConfigurationException if the setting has an unknown value
   */
  static DeviceSettings ofThisMachine(Recurrence recurrence) {
    return new DeviceSettings(
        recurrence == Recurrence.AUTO ? Recurrence.STEPS : recurrence,
        word(GRAPHS, "on", "off").equals("on"));
  }

  /**
   * Whether GPUs may use each other's memory: unless it is switched off.
   *
   * @throws ConfigurationException if the setting has an unknown value
   */
  static boolean peers() {
    return word(PEERS, "on", "off").equals("on");
  }

  /** These, then slower ways of computing, with fewer parts that could fail. */
  List<DeviceSettings> andSlower() {
    return Stream.of(
            this,
            new DeviceSettings(Recurrence.STEPS, graphs),
            new DeviceSettings(Recurrence.STEPS, false))
        .distinct()
        .toList();
  }

  /** For messages. */
  String text() {
    return (recurrence == Recurrence.STEPS ? "recurrence by steps" : "persistent recurrence")
        + (graphs ? "" : " without CUDA graphs");
  }

  /** The environment variable of a setting. */
  static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  /** The value of a setting; the first is the default. */
  private static String word(String property, String first, String second) {
    String variable = variable(property);
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
