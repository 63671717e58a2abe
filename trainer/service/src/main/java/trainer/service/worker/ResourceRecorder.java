package trainer.service.worker;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.MetricsRow;
import trainer.service.Threads;
import trainer.service.devices.NvidiaSmi;
import trainer.service.live.ResourceHistory;
import trainer.service.live.ResourceHistory.Used;
import trainer.service.live.RunFigures;
import trainer.service.live.RunProgress;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/**
 * Records CPU time, memory and GPU of each training process next to its run, so that all nodes can
 * show it. It has its own thread: a slow disk must not delay lease renewals.
 */
final class ResourceRecorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceRecorder.class);
  private static final JsonMapper JSON = new JsonMapper();

  private final RunFiles files;
  private final Duration period;
  private final NvidiaSmi gpus;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("resources"));
  private final Map<Long, Spent> before = new HashMap<>(); // by process
  private final Map<Long, Integer> recorded = new HashMap<>(); // last iteration, by process
  private final Map<Long, RunFigures> figures = new HashMap<>(); // by process
  private volatile List<TrainingProcess> processes = List.of();

  private record Spent(Duration processor, long nanos) {}

  ResourceRecorder(RunFiles files, Duration period, NvidiaSmi gpus) {
    this.files = files;
    this.period = period;
    this.gpus = gpus;
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
    List<Long> ids = running.stream().map(each -> each.handle().pid()).toList();
    before.keySet().retainAll(ids);
    recorded.keySet().retainAll(ids);
    figures.keySet().retainAll(ids);
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
    List<NvidiaSmi.Use> uses = // of GPUs that it has to itself
        Slot.gpus(process.slot().parts()).stream()
            .flatMap(gpu -> gpus.use(gpu.visible()).stream())
            .toList();
    Double percent = sum(uses, NvidiaSmi.Use::percent);
    putIfKnown(node, "gpu_percent", percent == null ? null : (Double) (percent / uses.size()));
    putIfKnown(node, "gpu_memory_bytes", sum(uses, NvidiaSmi.Use::memoryBytes));
    Run run = process.lease().run();
    Path file = files.resources(run);
    Path part = file.resolveSibling("." + file.getFileName() + ".part");
    Files.write(part, JSON.writeValueAsBytes(node));
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    addToHistory(run, handle.pid(), node);
  }

  private void addToHistory(Run run, long process, ObjectNode node) throws IOException {
    List<Path> histories = files.resourceHistories(run);
    Optional<MetricsRow> row =
        figures
            .computeIfAbsent(process, each -> new RunFigures(files.newest(run)))
            .now()
            .map(RunProgress::last);
    if (row.isPresent()) {
      Used used =
          new Used(
              row.get().iteration(),
              row.get().seconds(),
              known(node.path("processors")),
              known(node.path("memory_bytes")),
              known(node.path("gpu_percent")),
              known(node.path("gpu_memory_bytes")));
      recorded.put(
          process,
          ResourceHistory.append(
              histories.get(histories.size() - 1), used, recorded.getOrDefault(process, 0)));
    }
  }

  /** Null if one is unknown, or there are none. */
  private static Double sum(List<NvidiaSmi.Use> uses, Function<NvidiaSmi.Use, Double> part) {
    List<Double> known = uses.stream().map(part).filter(Objects::nonNull).toList();
    return known.isEmpty() || known.size() < uses.size()
        ? null
        : (Double) known.stream().mapToDouble(value -> value).sum();
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

  private static void putIfKnown(ObjectNode node, String key, Number value) {
    if (value != null) {
      node.put(key, value.longValue());
    }
  }

  private static Double known(JsonNode value) {
    return value.isNumber() ? (Double) value.asDouble() : null;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
