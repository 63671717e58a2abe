package trainer.cli;

import java.io.ObjectInputFilter;
import java.io.ObjectInputFilter.Config;

/**
 * Keeps serialized Java objects, which can run code when they are read, out of the whole process,
 * libraries included. This program reads none.
 */
final class SerialFilter {
  private SerialFilter() {}

  /** Refuses every class, unless {@code -Djdk.serialFilter} has set another filter. */
  static void refuseAll() {
    if (Config.getSerialFilter() == null) {
      Config.setSerialFilter(ObjectInputFilter.Config.createFilter("!*"));
    }
  }
}
