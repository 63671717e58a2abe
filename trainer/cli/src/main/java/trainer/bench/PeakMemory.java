package trainer.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;

/** Peak resident memory of this process, heap and native. */
public final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private PeakMemory() {}

  /** Megabytes; empty if the system does not report it. */
  public static OptionalDouble megabytes() {
    if (!Files.isReadable(STATUS)) {
      return OptionalDouble.empty();
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024 / 1e6)
          .findFirst();
    } catch (IOException e) {
      return OptionalDouble.empty();
    }
  }

  /** Such as {@code 1,234 MB}. */
  public static String text() {
    OptionalDouble megabytes = megabytes();
    return megabytes.isPresent()
        ? String.format(Locale.ROOT, "%,.0f MB", megabytes.getAsDouble())
        : "unknown";
  }
}
