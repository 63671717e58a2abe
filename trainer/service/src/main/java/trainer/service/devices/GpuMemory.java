package trainer.service.devices;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Memory use of the GPUs, from {@code nvidia-smi}. */
public final class GpuMemory {
  private static final Logger LOG = LoggerFactory.getLogger(GpuMemory.class);
  private static final long MOST_SECONDS = 5;
  private static final long MEBIBYTE = 1 << 20;

  /** The command of NVIDIA's driver. */
  public static final List<String> NVIDIA_SMI =
      List.of(
          "nvidia-smi",
          "--query-gpu=index,memory.used,memory.total",
          "--format=csv,noheader,nounits");

  private final List<String> command;

  /**
   * @param command prints a line {@code INDEX, USED, TOTAL} in MiB for each GPU
   */
  public GpuMemory(List<String> command) {
    this.command = List.copyOf(command);
  }

  /** The memory of one GPU, in bytes. */
  public record Use(int gpu, long used, long total) {}

  /** Current use of all GPUs; empty if unknown. */
  public List<Use> now() {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (InputStream in = process.getInputStream()) {
        process.getOutputStream().close();
        if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
          return List.of();
        }
        return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException | NumberFormatException e) {
      LOG.debug("the memory of the GPUs is unknown", e);
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private static List<Use> parse(String lines) {
    List<Use> uses = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      String[] words = line.strip().split("\\s*,\\s*", -1);
      if (words.length == 3 && words[1].matches("\\d+") && words[2].matches("\\d+")) {
        uses.add(
            new Use(
                Integer.parseInt(words[0]),
                Long.parseLong(words[1]) * MEBIBYTE,
                Long.parseLong(words[2]) * MEBIBYTE));
      }
    }
    return uses;
  }
}
