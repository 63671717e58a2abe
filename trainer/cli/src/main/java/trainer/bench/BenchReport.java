package trainer.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The output of {@code bench}.
 *
 * @param network description
 * @param sides the job's engine, then the one compared with it, if any
 * @param samplingSpeed characters per second of the job's engine at batch size 1
 * @param memoryMegabytes peak memory of the process; NaN if unknown
 */
public record BenchReport(
    String network,
    long parameters,
    TrainingArithmetic arithmetic,
    List<Side> sides,
    double samplingSpeed,
    SgemmPeak peak,
    double memoryMegabytes) {

  /** An engine and its times. */
  public record Side(String engine, IterationTimes times) {}

  private IterationTimes times() {
    return sides.get(0).times();
  }

  private double median() {
    return times().spread().median();
  }

  private long characters() {
    return (long) arithmetic.lanes() * arithmetic.steps();
  }

  private double charactersPerSecond() {
    return characters() / median() * 1e3;
  }

  private double gigaflop() {
    return arithmetic.operations() / 1e9;
  }

  private double gigaflops() {
    return gigaflop() / median() * 1e3;
  }

  private double share() {
    return gigaflops() / peak.gigaflops();
  }

  private String precision() {
    return peak.precision().name().toLowerCase(Locale.ROOT);
  }

  public String text() {
    Spread spread = times().spread();
    List<String> lines = new ArrayList<>();
    lines.add(format("network     %s: %,d parameters", network, parameters));
    lines.add(format("engine      %s", sides.get(0).engine()));
    lines.add(format("speed       %s", Speed.text(charactersPerSecond())));
    lines.add(
        format(
            "iteration   %.2f ms for %,d lanes of %,d characters (median of %,d, range %.2f to %.2f ms, after %d"
                + " warm-up iterations)",
            spread.median(),
            arithmetic.lanes(),
            arithmetic.steps(),
            times().milliseconds().length,
            spread.lowest(),
            spread.highest(),
            times().warmUp()));
    lines.add(
        format(
            "arithmetic  %.4g GFLOP per iteration in matrix products: %.1f GFLOP/s, %.0f %% of this machine's peak",
            gigaflop(), gigaflops(), 100 * share()));
    lines.add(
        format(
            "peak        %.1f GFLOP/s by %s (%,d x %,d %s matrices, %s)",
            peak.gigaflops(),
            peak.by(),
            peak.size(),
            peak.size(),
            precision(),
            peak.threads() == 0 ? "on the GPU" : peak.threads() + " threads"));
    lines.add(
        Double.isNaN(memoryMegabytes)
            ? "memory      unknown on this system"
            : format("memory      %,.0f MB at peak, JVM included", memoryMegabytes));
    lines.add(format("sampling    %s", Speed.text(samplingSpeed)));
    addPhases(lines);
    addComparison(lines);
    return String.join(System.lineSeparator(), lines);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private void addPhases(List<String> lines) {
    double all = times().phases().values().stream().mapToDouble(Double::doubleValue).sum();
    String heading = "phases";
    for (var phase : times().phases().entrySet()) {
      double milliseconds = phase.getValue();
      lines.add(
          format(
              "%-11s %7.2f ms %3.0f %%  %s",
              heading, milliseconds, 100 * milliseconds / all, phase.getKey()));
      heading = "";
    }
  }

  private void addComparison(List<String> lines) {
    for (Side other : sides.subList(1, sides.size())) {
      Spread spread = other.times().spread();
      Spread ratio = other.times().ratioTo(times());
      lines.add(
          format(
              "compared    %s: %.2f ms (median, range %.2f to %.2f ms), %.2f times as long (median of %,d alternating"
                  + " pairs, range %.2f to %.2f)",
              other.engine(),
              spread.median(),
              spread.lowest(),
              spread.highest(),
              ratio.median(),
              other.times().milliseconds().length,
              ratio.lowest(),
              ratio.highest()));
    }
  }

  /** One JSON object, with units in the keys. */
  public String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("network", network);
    node.put("parameters", parameters);
    node.put("lanes", arithmetic.lanes());
    node.put("characters_per_lane", arithmetic.steps());
    node.put("vocabulary_characters", arithmetic.vocabulary());
    node.put("characters_per_second", charactersPerSecond());
    put(node, sides.get(0));
    node.put("gigaflop_per_iteration", gigaflop());
    node.put("gigaflop_per_second", gigaflops());
    node.put("sgemm_peak_gigaflop_per_second", peak.gigaflops());
    node.put("sgemm_peak_library", peak.by());
    node.put("sgemm_peak_precision", precision());
    node.put("sgemm_peak_threads", peak.threads());
    node.put("share_of_sgemm_peak", share());
    node.put("sampling_characters_per_second", samplingSpeed);
    if (Double.isNaN(memoryMegabytes)) {
      node.putNull("peak_memory_megabytes");
    } else {
      node.put("peak_memory_megabytes", memoryMegabytes);
    }
    for (Side other : sides.subList(1, sides.size())) {
      ObjectNode comparison = node.putObject("compared_with");
      put(comparison, other);
      Spread ratio = other.times().ratioTo(times());
      comparison.put("median_times_as_long", ratio.median());
      comparison.put("lowest_times_as_long", ratio.lowest());
      comparison.put("highest_times_as_long", ratio.highest());
    }
    return node.toString();
  }

  private static void put(ObjectNode node, Side side) {
    Spread spread = side.times().spread();
    node.put("engine", side.engine());
    node.put("iterations", side.times().milliseconds().length);
    node.put("warm_up_iterations", side.times().warmUp());
    node.put("median_milliseconds_per_iteration", spread.median());
    node.put("fastest_milliseconds_per_iteration", spread.lowest());
    node.put("slowest_milliseconds_per_iteration", spread.highest());
    ObjectNode phases = node.putObject("phase_milliseconds_per_iteration");
    side.times().phases().forEach(phases::put);
  }
}
