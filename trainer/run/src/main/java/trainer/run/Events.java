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
 * events.jsonl: what happened, one JSON object a line with {@code time} (ISO 8601, UTC), {@code
 * kind}, {@code iteration} and {@code details}. It is a log: what a killed process did after its
 * last checkpoint stays in it, followed by the resumption that repeats it. Safe for several
 * threads.
 */
public final class Events implements AutoCloseable {
  private final AppendedFile file;
  private final Clock clock;

  private Events(AppendedFile file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Opens the file to append to, cutting off a line that a killed process left incomplete.
   *
   * @throws RunException if it cannot be opened
   */
  public static Events open(Path path, Clock clock) {
    return new Events(AppendedFile.goOn(path, WholeLines.length(path)), clock);
  }

  /**
   * Adds an event.
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
   * Adds an event that no run is to end for: while the disk is full, it is left out.
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
