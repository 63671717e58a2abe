package trainer.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Resources of a training process and its files at one moment.
 *
 * @param seconds since the start
 * @param iteration of the newest row of metrics.csv; 0 before the first
 * @param resident memory, MiB
 * @param heap in use after the last garbage collection, MiB; 0 before the first
 * @param descriptors open file descriptors
 * @param threads of the process
 * @param files in the run directory
 * @param directory their size, hard links counted once, MiB
 * @param temporary files in the JVM's temporary folder
 */
record SoakSample(
    double seconds,
    long iteration,
    double resident,
    double heap,
    long descriptors,
    long threads,
    long files,
    double directory,
    long temporary) {
  static final String RUN = "run";
  static final String TEMPORARY = "temporary";
  static final String COLLECTIONS = "collections.log";

  private static final double MEBIBYTE = 1 << 20;
  private static final double KIBIBYTES_PER_MEBIBYTE = 1 << 10;
  private static final Pattern COLLECTION = Pattern.compile("\\d+M->(\\d+)M\\(");
  private static final String HEADER =
      "seconds,iteration,resident_mib,heap_after_collection_mib,descriptors,threads,files,"
          + "directory_mib,temporary_files";

  /**
   * Samples a process.
   *
   * @param folder contains {@link #RUN}, {@link #TEMPORARY} and {@link #COLLECTIONS}
   */
  static SoakSample of(Process process, double seconds, Path folder) throws IOException {
    Path self = Path.of("/proc", Long.toString(process.pid()));
    String status = Files.readString(self.resolve("status"));
    Map<Object, Long> files = sizes(folder.resolve(RUN));
    return new SoakSample(
        seconds,
        iteration(folder.resolve(RUN).resolve("metrics.csv")),
        number(status, "VmRSS") / KIBIBYTES_PER_MEBIBYTE,
        heap(folder.resolve(COLLECTIONS)),
        count(self.resolve("fd")),
        number(status, "Threads"),
        files.size(),
        files.values().stream().mapToLong(Long::longValue).sum() / MEBIBYTE,
        count(folder.resolve(TEMPORARY)));
  }

  static void write(List<SoakSample> samples, Path file) throws IOException {
    Files.writeString(
        file,
        samples.stream()
            .map(SoakSample::row)
            .collect(Collectors.joining("\n", HEADER + "\n", "\n")));
  }

  private String row() {
    return String.format(
        Locale.ROOT,
        "%.1f,%d,%.1f,%.0f,%d,%d,%d,%.2f,%d",
        seconds,
        iteration,
        resident,
        heap,
        descriptors,
        threads,
        files,
        directory,
        temporary);
  }

  private static long number(String status, String key) {
    Matcher line = Pattern.compile(key + ":\\s+(\\d+)").matcher(status);
    if (!line.find()) {
      throw new IllegalStateException("no %s in the status of the process".formatted(key));
    }
    return Long.parseLong(line.group(1));
  }

  private static double heap(Path log) throws IOException {
    double heap = 0;
    if (Files.exists(log)) {
      Matcher collection = COLLECTION.matcher(Files.readString(log));
      while (collection.find()) {
        heap = Double.parseDouble(collection.group(1));
      }
    }
    return heap;
  }

  private static long iteration(Path metrics) throws IOException {
    if (!Files.exists(metrics)) {
      return 0;
    }
    String text = Files.readString(metrics);
    int end = text.lastIndexOf('\n');
    String row = text.substring(text.lastIndexOf('\n', end - 1) + 1, end);
    String iteration = row.substring(0, row.indexOf(','));
    return iteration.equals("iteration") ? 0 : Long.parseLong(iteration);
  }

  private static long count(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.count();
    }
  }

  /** Bytes of each file by file key: some have two names. */
  private static Map<Object, Long> sizes(Path directory) throws IOException {
    Map<Object, Long> sizes = new HashMap<>();
    if (Files.exists(directory)) {
      for (Path folder : List.of(directory, directory.resolve("checkpoints"))) {
        try (Stream<Path> files = Files.list(folder)) {
          files.forEach(file -> add(file, sizes));
        }
      }
    }
    return sizes;
  }

  private static void add(Path file, Map<Object, Long> sizes) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      // Temporary files are about to be renamed.
      if (attributes.isRegularFile() && !file.getFileName().toString().startsWith(".")) {
        sizes.put(attributes.fileKey(), attributes.size());
      }
    } catch (NoSuchFileException e) {
      return; // deleted or renamed in the meantime
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
