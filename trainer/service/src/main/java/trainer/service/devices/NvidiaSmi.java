package trainer.service.devices;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code nvidia-smi}, of NVIDIA's driver, measures on GPUs. */
public final class NvidiaSmi {
  private static final Logger LOG = LoggerFactory.getLogger(NvidiaSmi.class);
  private static final long MOST_SECONDS = 5;
  private static final long MEBIBYTE = 1 << 20;

  private final List<String> command;

  public NvidiaSmi() {
    this(List.of("nvidia-smi"));
  }

  /**
   * @param command prints comma-separated values, a line for each GPU
   */
  public NvidiaSmi(List<String> command) {
    this.command = List.copyOf(command);
  }

  /** The memory of one GPU, in bytes. */
  public record Memory(int gpu, long used, long total) {}

  /**
   * The use of one GPU by all its processes.
   *
   * @param percent of the last sample period, up to a second, in which a kernel ran; null if
   *     unknown
   * @param memoryBytes null if unknown
   */
  public record Use(Double percent, Double memoryBytes) {}

  /** The memory of all GPUs; empty if unknown. */
  public List<Memory> memory() {
    List<Memory> found = new ArrayList<>();
    for (String[] words : query("index,memory.used,memory.total")) {
      if (words.length == 3 && isNumber(words[0]) && isNumber(words[1]) && isNumber(words[2])) {
        found.add(
            new Memory(
                Integer.parseInt(words[0]),
                Long.parseLong(words[1]) * MEBIBYTE,
                Long.parseLong(words[2]) * MEBIBYTE));
      }
    }
    return found;
  }

  /**
   * The present use of one GPU; empty if unknown.
   *
   * @param gpu its number or UUID
   */
  public Optional<Use> use(String gpu) {
    return query("utilization.gpu,memory.used", "--id=" + gpu).stream()
        .filter(words -> words.length == 2 && (isNumber(words[0]) || isNumber(words[1])))
        .map(
            words ->
                new Use(
                    isNumber(words[0]) ? (Double) Double.parseDouble(words[0]) : null,
                    isNumber(words[1]) ? (Double) (Double.parseDouble(words[1]) * MEBIBYTE) : null))
        .findFirst();
  }

  private static boolean isNumber(String word) {
    return word.matches("\\d{1,9}"); // else "[N/A]", or a message
  }

  private List<String[]> query(String values, String... options) {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("--query-gpu=" + values, "--format=csv,noheader,nounits"));
    words.addAll(List.of(options));
    try {
      Process process =
          new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (InputStream in = process.getInputStream()) {
        process.getOutputStream().close();
        if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
          return List.of();
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .map(line -> line.strip().split("\\s*,\\s*", -1))
            .toList();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      LOG.debug("the use of the GPUs is unknown", e);
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }
}
