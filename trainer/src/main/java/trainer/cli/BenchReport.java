package trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * What {@code bench} found.
 *
 * @param network in words
 * @param engine what computed
 * @param memoryMegabytes the most memory that the process had, NaN where the system does not tell
 */
record BenchReport(
    String network,
    long parameters,
    String engine,
    TrainingArithmetic arithmetic,
    IterationTimes times,
    SgemmPeak peak,
    double memoryMegabytes) {

  private long characters() {
    return (long) arithmetic.lanes() * arithmetic.steps();
  }

  private double charactersPerSecond() {
    return characters() / times.median() * 1e3;
  }

  private double gigaflop() {
    return arithmetic.operations() / 1e9;
  }

  private double gigaflops() {
    return gigaflop() / times.median() * 1e3;
  }

  private double share() {
    return gigaflops() / peak.gigaflops();
  }

  /** For people. */
  String text() {
    return String.join(
        System.lineSeparator(),
        line("network     %s: %,d parameters", network, parameters),
        line("engine      %s", engine),
        line("speed       %s", Console.speed(charactersPerSecond())),
        line(
            "iteration   %.2f ms for %,d lanes of %,d characters (median of %,d, from %.2f to %.2f ms, after %d to"
                + " warm up)",
            times.median(),
            arithmetic.lanes(),
            arithmetic.steps(),
            times.count(),
            times.fastest(),
            times.slowest(),
            times.warmUp()),
        line(
            "arithmetic  %.4g GFLOP an iteration in matrix products: %.1f GFLOP/s, %.0f %% of this machine's sgemm peak",
            gigaflop(), gigaflops(), 100 * share()),
        line(
            "sgemm peak  %.1f GFLOP/s by %s (%,d x %,d matrices of floats, %s)",
            peak.gigaflops(),
            peak.by(),
            peak.size(),
            peak.size(),
            peak.threads() == 0 ? "on the GPU, in its precision" : peak.threads() + " threads"),
        Double.isNaN(memoryMegabytes)
            ? "memory      unknown on this system"
            : line(
                "memory      %,.0f MB at most, Java and its libraries included", memoryMegabytes));
  }

  /** For programs: one object, each number with its unit in its name. */
  String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("network", network);
    node.put("parameters", parameters);
    node.put("engine", engine);
    node.put("lanes", arithmetic.lanes());
    node.put("characters_per_lane", arithmetic.steps());
    node.put("vocabulary_characters", arithmetic.vocabulary());
    node.put("characters_per_second", charactersPerSecond());
    node.put("iterations", times.count());
    node.put("warm_up_iterations", times.warmUp());
    node.put("median_milliseconds_per_iteration", times.median());
    node.put("fastest_milliseconds_per_iteration", times.fastest());
    node.put("slowest_milliseconds_per_iteration", times.slowest());
    node.put("gigaflop_per_iteration", gigaflop());
    node.put("gigaflop_per_second", gigaflops());
    node.put("sgemm_peak_gigaflop_per_second", peak.gigaflops());
    node.put("sgemm_peak_library", peak.by());
    node.put("sgemm_peak_threads", peak.threads());
    node.put("share_of_sgemm_peak", share());
    if (Double.isNaN(memoryMegabytes)) {
      node.putNull("peak_memory_megabytes");
    } else {
      node.put("peak_memory_megabytes", memoryMegabytes);
    }
    return node.toString();
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
