package trainer.cli;

import java.io.ObjectInputFilter;
import java.io.ObjectInputFilter.Config;

/**
 * Disables Java deserialization, which can run code, in the whole process, libraries included. This
 * program does not use it.
 */
final class SerialFilter {
  private SerialFilter() {}

  /**
   * Refuses every class, unless {@code -Djdk.serialFilter} sets a filter, or {@code spark-submit}
   * has started the program: Spark's messages are serialized objects.
   */
  static void refuseAll() {
    if (Config.getSerialFilter() == null && System.getProperty("spark.master") == null) {
      Config.setSerialFilter(ObjectInputFilter.Config.createFilter("!*"));
    }
  }
}
