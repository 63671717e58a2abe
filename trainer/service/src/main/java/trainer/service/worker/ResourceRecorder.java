package trainer.service.worker;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/**
 * Records CPU time and memory of each training process next to its run, so that all nodes can show
 * it. It has its own thread: a slow disk must not delay lease renewals.
 */
final class ResourceRecorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceRecorder.class);
  private static final JsonMapper JSON = new JsonMapper();

  private final RunFiles files;
  private final Duration period;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("resources"));
  private final Map<Long, Spent> before = new HashMap<>();
  private volatile List<TrainingProcess> processes = List.of();

  private record Spent(Duration processor, long nanos) {}

  ResourceRecorder(RunFiles files, Duration period) {
    this.files = files;
    this.period = period;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // record() catches its exceptions
  void start() {
    clock.scheduleWithFixedDelay(
        this::record, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Sets the processes to record. */
  void follow(List<TrainingProcess> running) {
    processes = List.copyOf(running);
  }

  private void record() {
    List<TrainingProcess> running = processes;
    before.keySet().retainAll(running.stream().map(each -> each.handle().pid()).toList());
    for (TrainingProcess process : running) {
      try {
        record(process);
      } catch (IOException | RuntimeException e) {
        LOG.debug("resources of a process cannot be recorded", e);
      }
    }
  }

  private void record(TrainingProcess process) throws IOException {
    ProcessHandle handle = process.handle();
    Duration processor = handle.info().totalCpuDuration().orElse(null);
    if (processor == null) {
      return; // ended
    }
    long now = System.nanoTime();
    Spent last = before.put(handle.pid(), new Spent(processor, now));
    ObjectNode node = JSON.createObjectNode();
    node.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    node.put("device", process.slot().name());
    node.put("processor_seconds", processor.toMillis() / 1000.0);
    if (last != null) {
      node.put(
          "processors",
          (double) processor.minus(last.processor()).toNanos() / (now - last.nanos()));
    }
    Map<String, Long> memory = memory(handle.pid());
    putIfKnown(node, "memory_bytes", memory.get("VmRSS"));
    putIfKnown(node, "peak_memory_bytes", memory.get("VmHWM"));
    Run run = process.lease().run();
    Path file = files.resources(run);
    Path part = file.resolveSibling("." + file.getFileName() + ".part");
    Files.write(part, JSON.writeValueAsBytes(node));
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** In bytes; empty on other systems than Linux. */
  private static Map<String, Long> memory(long process) {
    Path status = Path.of("/proc/%s/status".formatted(process));
    Map<String, Long> memory = new HashMap<>();
    try (Stream<String> lines = Files.lines(status)) {
      lines
          .filter(line -> line.matches("Vm(RSS|HWM):\\s+\\d+ kB"))
          .map(line -> line.split(":\\s+|\\s", -1))
          .forEach(words -> memory.put(words[0], Long.parseLong(words[1]) * 1024));
    } catch (IOException e) {
      LOG.debug("{} cannot be read", status, e);
    }
    return memory;
  }

  private static void putIfKnown(ObjectNode node, String key, Long value) {
    if (value != null) {
      node.put(key, value);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
