package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
    List<DeviceSettings> ways = new ArrayList<>(List.of(this));
    if (recurrence == Recurrence.CLUSTERS) {
      ways.add(new DeviceSettings(Recurrence.PERSISTENT, graphs));
    }
    ways.add(new DeviceSettings(Recurrence.STEPS, graphs));
    ways.add(new DeviceSettings(Recurrence.STEPS, false));
    return ways.stream().distinct().toList();
  }

  /** Whether all steps of a layer run in one kernel, where it fits. */
  boolean isPersistent() {
    return recurrence == Recurrence.PERSISTENT || recurrence == Recurrence.CLUSTERS;
  }

  /** The recurrence, for messages. */
  String way() {
    return switch (recurrence) {
      case PERSISTENT -> "persistent recurrence";
      case CLUSTERS -> "persistent recurrence in clusters";
      case STEPS, AUTO -> "recurrence by steps";
    };
  }

  /** For messages. */
  String text() {
    return way() + (graphs ? "" : " without CUDA graphs");
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
