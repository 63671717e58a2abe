package trainer.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import trainer.file.AppendedFile;
import trainer.file.FileException;

/**
 * events.jsonl: a log, one JSON object per line with {@code time} (ISO 8601, UTC), {@code kind},
 * {@code iteration} and {@code details}. Events after the last checkpoint of a killed process
 * remain and are followed by those of the resumed run. Thread-safe.
 */
public final class Events implements AutoCloseable {
  private final AppendedFile file;
  private final Clock clock;

  private Events(AppendedFile file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Opens the file for appending, truncating an incomplete last line.
   *
   * @throws RunException if it cannot be opened
   */
  public static Events open(Path path, Clock clock) {
    return new Events(AppendedFile.reopen(path, WholeLines.length(path)), clock);
  }

  /**
   * Appends an event.
   *
   * @param kind such as {@code evaluation}, {@code checkpoint}, {@code resumed}
   * @param details numbers, text, lists and maps of these
   * @throws RunException if it cannot be written
   */
  public synchronized void append(String kind, int iteration, Map<String, ?> details) {
    ObjectNode event = RunFileJson.object();
    event.put("time", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    event.put("kind", kind);
    event.put("iteration", iteration);
    event.set("details", RunFileJson.tree(details));
    file.append((RunFileJson.line(event) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Appends an event, or drops it while the disk is full.
   *
   * @throws RunException if it cannot be written for another reason
   */
  public void appendIfThereIsSpace(String kind, int iteration, Map<String, ?> details) {
    try {
      append(kind, iteration, details);
    } catch (FileException e) {
      if (!e.isFullDisk()) {
        throw e;
      }
    }
  }

  @Override
  public synchronized void close() {
    file.close();
  }
}
