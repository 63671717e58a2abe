package trainer.cuda;

import java.util.Locale;

/**
 * Properties of a GPU, from the driver.
 *
 * @param ordinal its index in the driver's list
 * @param device the driver's handle
 * @param capability compute capability, 10 · major + minor
 * @param sharedMemory largest dynamic shared memory of a block in a cooperative launch, bytes; 0 if
 *     unsupported
 * @param memory bytes
 */
public record GpuProperties(
    int ordinal,
    int device,
    String name,
    int capability,
    int multiprocessors,
    int sharedMemory,
    long memory) {

  /** For messages, such as {@code GPU 0 (NVIDIA H100)}. */
  public String text() {
    return "GPU %d (%s)".formatted(ordinal, name);
  }

  /** The formatted compute capability, such as {@code 9.0}. */
  public String capabilityText() {
    return version(capability);
  }

  /** Formats ten times a version: 9.0 for 90. */
  public static String version(int tenfold) {
    return tenfold / 10 + "." + tenfold % 10;
  }

  /** Bytes as gigabytes, such as {@code 79.65 GB}. */
  public static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
