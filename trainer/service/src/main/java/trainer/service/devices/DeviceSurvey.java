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
 * The GPUs of this machine, as {@code devices --json} lists them in a process of its own: a driver
 * that crashes ends that process and not the service. Asked once; safe for several threads.
 */
public final class DeviceSurvey {
  /** Numbers the GPUs as {@code nvidia-smi} does, for every process that is given it. */
  public static final String ORDER = "CUDA_DEVICE_ORDER";

  /** The value of {@link #ORDER}. */
  public static final String BY_BUS = "PCI_BUS_ID";

  private static final long MOST_SECONDS = 60;
  private static final JsonMapper JSON = new JsonMapper();

  private final Program program;
  private ObjectNode report;

  /**
   * A survey that has not begun.
   *
   * @param program that is asked {@code devices --json}
   */
  public DeviceSurvey(Program program) {
    this.program = program;
  }

  /** What was found: the object that {@code devices --json} prints. */
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

  /** How many GPUs can be trained on. */
  public int gpus() {
    if (!mayHaveDriver()) {
      return 0;
    }
    JsonNode found = report();
    return found.path("cuda_usable").asBoolean() ? found.path("gpus").size() : 0;
  }

  /**
   * Saves the process where it would find nothing: what NVIDIA's driver shows of itself on Linux.
   */
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
      throw new IOException("'%s' printed no list".formatted(String.join(" ", builder.command())));
    } finally {
      clock.shutdownNow();
      process.destroyForcibly();
    }
  }
}
