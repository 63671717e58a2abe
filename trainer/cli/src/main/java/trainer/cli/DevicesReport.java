package trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trainer.cli.console.Console;
import trainer.cuda.GpuProperties;
import trainer.engine.cpu.CpuLibrary;
import trainer.engine.cuda.CudaSurvey;
import trainer.run.Machine;

/** The output of {@code devices}. */
record DevicesReport(CudaSurvey cuda, Cpu cpu) {
  private static final double GIGABYTE = 1e9;

  /**
   * The CPU.
   *
   * @param cores available to the JVM
   * @param memory of the machine or container, bytes
   */
  record Cpu(String model, int cores, long memory, CpuLibrary library) {
    static Cpu ofThisMachine() {
      return new Cpu(
          Machine.processor(),
          Runtime.getRuntime().availableProcessors(),
          Machine.memory(),
          CpuLibrary.ofThisMachine());
    }
  }

  private boolean usable() {
    return cuda.obstacle().isEmpty();
  }

  String text() {
    List<String> lines = new ArrayList<>();
    for (GpuProperties gpu : cuda.gpus()) {
      lines.add(
          Console.format(
              "GPU %d     %s, compute capability %s, %d multiprocessors, %.1f GB",
              gpu.ordinal(),
              gpu.name(),
              gpu.capabilityText(),
              gpu.multiprocessors(),
              gpu.memory() / GIGABYTE));
    }
    if (cuda.gpus().isEmpty()) {
      lines.add("GPU       none");
    }
    for (CudaSurvey.Library library : cuda.libraries()) {
      lines.add(
          Console.format("%-9s CUDA %s, %s", library.name(), library.version(), library.source()));
    }
    lines.add(
        Console.format(
            "CPU       %s, %d cores, %s, %.1f GB",
            cpu.model(), cpu.cores(), cpu.library().instructions(), cpu.memory() / GIGABYTE));
    lines.add("BLAS      " + cpu.library().name());
    lines.add("engines");
    lines.add(
        "  cuda    "
            + cuda.obstacle()
                .map(obstacle -> "no: " + obstacle)
                .orElseGet(
                    () ->
                        "yes: "
                            + String.join(", ", cuda.precisions())
                            + (cuda.gpus().size() > 1 ? "; several with compute.gpus" : "")));
    lines.add("  cpu     yes: float32" + (cpu.library().bfloat16() ? ", bfloat16" : ""));
    lines.add("  nd4j    yes: float32, the readable reference");
    lines.add("  auto    " + auto());
    return String.join(System.lineSeparator(), lines);
  }

  private String auto() {
    return usable() ? "cuda" : "cpu";
  }

  /** One JSON object. */
  String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    ArrayNode gpus = node.putArray("gpus");
    for (GpuProperties gpu : cuda.gpus()) {
      gpus.addObject()
          .put("ordinal", gpu.ordinal())
          .put("name", gpu.name())
          .put("compute_capability", gpu.capabilityText())
          .put("multiprocessors", gpu.multiprocessors())
          .put("memory_bytes", gpu.memory());
    }
    ObjectNode libraries = node.putObject("libraries");
    for (CudaSurvey.Library library : cuda.libraries()) {
      libraries
          .putObject(library.name().toLowerCase(Locale.ROOT))
          .put("cuda_version", library.version())
          .put("source", library.source());
    }
    node.put("processor", cpu.model());
    node.put("processors", cpu.cores());
    node.put("instructions", cpu.library().instructions());
    node.put("memory_bytes", cpu.memory());
    node.put("blas", cpu.library().name());
    node.put("cuda_usable", usable());
    cuda.obstacle().ifPresent(obstacle -> node.put("cuda_obstacle", obstacle));
    node.put("auto", auto());
    return node.toString();
  }
}
