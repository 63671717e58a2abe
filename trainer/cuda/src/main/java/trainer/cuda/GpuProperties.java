package trainer.cuda;

import java.util.Locale;

/**
 * A GPU as the driver describes it.
 *
 * @param ordinal its number among those that the driver shows
 * @param device the driver's handle
 * @param capability compute capability, 10 · major + minor
 * @param sharedMemory bytes on the chip that a block may have where blocks wait for each other; 0
 *     where they cannot
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

  /** The compute capability as NVIDIA writes it, such as {@code 9.0}. */
  public String capabilityText() {
    return version(capability);
  }

  /** Ten times a version, such as 90, with its point. */
  public static String version(int tenfold) {
    return tenfold / 10 + "." + tenfold % 10;
  }

  /** Bytes as gigabytes, such as {@code 79.65 GB}. */
  public static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
