package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A run's results without times: equal for two equivalent runs. */
public record RunContents(
    Map<String, Integer> checkpoint,
    Map<String, Integer> best,
    List<String> metrics,
    String samples) {
  private static final int SECONDS_COLUMN = 3;
  private static final int SPEED_COLUMN = 8;

  /** Hashes of the newest and the best checkpoint's entries, by name. */
  public static RunContents of(Path run) {
    return new RunContents(
        checkpoint(run.resolve("latest.zip")),
        checkpoint(run.resolve("best.zip")),
        withoutTimes(read(run.resolve("metrics.csv"))),
        read(run.resolve("samples.txt")));
  }

  private static Map<String, Integer> checkpoint(Path file) {
    Map<String, Integer> hashes = new TreeMap<>();
    entries(file)
        .forEach(
            (name, bytes) -> {
              switch (name) {
                case "trainer/provenance.json", "trainer/manifest.json" -> {}
                case "trainer/metrics.csv" ->
                    hashes.put(name, withoutTimes(new String(bytes, UTF_8)).hashCode());
                case "trainer/progress.json" ->
                    hashes.put(
                        name,
                        new String(bytes, UTF_8)
                            .replaceAll("\"seconds\" *: *[0-9.E-]+", "")
                            .hashCode());
                default -> hashes.put(name, Arrays.hashCode(bytes));
              }
            });
    return hashes;
  }

  /** The entries of a zip file. */
  static Map<String, byte[]> entries(Path file) {
    Map<String, byte[]> entries = new HashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
        try (InputStream in = zip.getInputStream(entry)) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return entries;
  }

  private static List<String> withoutTimes(String metrics) {
    return metrics.lines().map(RunContents::withoutTimesInRow).toList();
  }

  private static String withoutTimesInRow(String row) {
    String[] columns = row.split(",", -1);
    columns[SECONDS_COLUMN] = "";
    columns[SPEED_COLUMN] = "";
    return Arrays.stream(columns).collect(joining(","));
  }

  /** The rows of metrics.csv without the header, by column. */
  public static List<String[]> rows(Path run) {
    return read(run.resolve("metrics.csv")).lines().skip(1).map(row -> row.split(",", -1)).toList();
  }

  /** The events of a kind, in order. */
  public static List<JsonNode> events(Path run, String kind) {
    List<JsonNode> events = new ArrayList<>();
    for (String line : read(run.resolve("events.jsonl")).lines().toList()) {
      try {
        JsonNode event = new ObjectMapper().readTree(line);
        if (event.get("kind").asText().equals(kind)) {
          events.add(event);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return events;
  }

  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
