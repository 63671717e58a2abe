package trainer.service.devices;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import trainer.service.program.Program;

/**
 * The GPUs of this machine, listed once by {@code devices --json} in its own process, because a
 * driver may crash. Thread-safe.
 */
public final class DeviceSurvey {
  /** Makes CUDA number GPUs as {@code nvidia-smi} does. */
  public static final String ORDER = "CUDA_DEVICE_ORDER";

  /** Value of {@link #ORDER}. */
  public static final String BY_BUS = "PCI_BUS_ID";

  private static final long MOST_SECONDS = 60;
  private static final JsonMapper JSON = new JsonMapper();

  private final Program program;
  private ObjectNode report;

  /**
   * @param program is started as {@code devices --json}
   */
  public DeviceSurvey(Program program) {
    this.program = program;
  }

  /** The output of {@code devices --json}. */
  public synchronized ObjectNode report() {
    if (report == null) {
      try {
        report = ask();
      } catch (IOException e) {
        report = JSON.createObjectNode();
        report.putArray("gpus");
        report.put("cuda_usable", false);
        report.put("cuda_obstacle", "the devices cannot be listed: " + e.getMessage());
      }
      report.putIfAbsent(
          "processors", report.numberNode(Runtime.getRuntime().availableProcessors()));
    }
    return report.deepCopy();
  }

  /** Number of usable GPUs. */
  public int gpus() {
    if (!mayHaveDriver()) {
      return 0;
    }
    JsonNode found = report();
    return found.path("cuda_usable").asBoolean() ? found.path("gpus").size() : 0;
  }

  /** Checks for NVIDIA's driver on Linux, to save a process that would find nothing. */
  private static boolean mayHaveDriver() {
    return !Files.isDirectory(Path.of("/proc/self"))
        || Stream.of("/dev/nvidiactl", "/proc/driver/nvidia", "/dev/dxg", "/dev/nvmap")
            .anyMatch(file -> Files.exists(Path.of(file)));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the time limit
  private ObjectNode ask() throws IOException {
    ProcessBuilder builder =
        program
            .process(List.of("devices", "--json"))
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put(ORDER, BY_BUS);
    Process process = builder.start();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (InputStream in = process.getInputStream()) {
      process.getOutputStream().close();
      clock.schedule(process::destroyForcibly, MOST_SECONDS, TimeUnit.SECONDS);
      JsonNode node = JSON.readTree(in.readAllBytes());
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new IOException(
          "'%s' printed no JSON object".formatted(String.join(" ", builder.command())));
    } finally {
      clock.shutdownNow();
      process.destroyForcibly();
    }
  }
}
