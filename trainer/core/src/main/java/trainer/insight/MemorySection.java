package trainer.insight;

import static trainer.insight.ReportSection.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import trainer.insight.Memories.LayerMemory;

/** What the units of a network remember, in the report. */
final class MemorySection {
  private static final int UNITS_PER_FEATURE = 4;
  private static final int QUANTA = 255; // of a state or gate in the page

  private MemorySection() {}

  static Optional<ReportSection> of(Explanation found) {
    if (found.units().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ReportSection(
            "memory",
            "Memory",
            "What its units remember",
            "<p>Each unit holds one number, which changes with each character. Some of them follow"
                + " something that can be named: the units below do so most closely, the number behind"
                + " each is its correlation, from −1 to 1. Choose one: the text is orange where the unit"
                + " is high and blue where it is low.</p>"
                + "<div class=\"columns units\"><div class=\"panel list\" id=\"units\" role=\"group\" aria-label=\"Units\"></div>"
                + "<div><p class=\"says\" id=\"says\" aria-live=\"polite\"></p><div class=\"small\" id=\"profile\"></div></div></div>"
                + "<div class=\"scale\">low <span class=\"both\"></span> high <b id=\"value\"></b></div>"
                + "<div class=\"text\" id=\"memory-text\" role=\"group\" aria-label=\"The text, coloured by the unit\"></div>"
                + "<h3>Step by step</h3><p class=\"faint\">The unit and its gates around the chosen character. A gate is green where it is open.</p>"
                + "<div class=\"strips\" id=\"strips\"></div>"
                + "<p class=\"faint\">A correlation shows what goes together in this text, not a cause."
                + missingFeatures(found)
                + "</p>"));
  }

  private static String missingFeatures(Explanation found) {
    Set<Feature> present = new HashSet<>();
    found.units().forEach(unit -> present.addAll(unit.correlations().keySet()));
    List<String> missing = new ArrayList<>();
    for (Feature feature : Feature.values()) {
      if (!present.contains(feature)) {
        missing.add(feature.words());
      }
    }
    return missing.isEmpty() ? "" : " Not in this text: " + String.join(", ", missing) + ".";
  }

  /** Adds the units that are shown, with their values and gates. */
  static void write(Explanation found, ObjectNode data) {
    ArrayNode units = data.putArray("units");
    found
        .memories()
        .ifPresent(
            memories ->
                shownUnits(found)
                    .forEach(unit -> put(units.addObject(), unit, memories, found.text())));
  }

  /** For each feature the units that follow it most closely, each unit once. */
  private static List<UnitMemory> shownUnits(Explanation found) {
    List<UnitMemory> chosen = new ArrayList<>();
    for (Feature feature : Feature.values()) {
      Set<List<Integer>> taken = new HashSet<>();
      found.units().stream()
          .filter(unit -> unit.correlations().containsKey(feature))
          .sorted(Comparator.comparingDouble(unit -> -Math.abs(unit.correlations().get(feature))))
          .filter(unit -> taken.add(List.of(unit.layer(), unit.unit())))
          .limit(UNITS_PER_FEATURE)
          .map(
              unit ->
                  new UnitMemory(
                      unit.layer(), unit.unit(), unit.cell(), unit.correlations(), feature))
          .forEach(chosen::add);
    }
    return chosen;
  }

  private static void put(ObjectNode node, UnitMemory unit, Memories memories, int... text) {
    LayerMemory layer = memories.layers().get(unit.layer());
    float[] values = unit.values(memories);
    double scale = 1e-9;
    for (float value : values) {
      scale = Math.max(scale, Math.abs(value));
    }
    node.put(
        "name",
        format("Layer %d, unit %d%s", unit.layer(), unit.unit(), unit.cell() ? ", cell" : ""));
    node.put("state", unit.state());
    node.put("words", unit.follows().words());
    node.put("correlation", unit.correlation());
    node.put("scale", scale);
    Map<Integer, Double> profile = unit.profile(memories, text);
    node.put("says", says(unit, profile));
    node.put("profile", picture(unit, profile));
    byte[] quantized = new byte[values.length];
    for (int t = 0; t < values.length; t++) {
      quantized[t] = (byte) Math.round((values[t] / scale + 1) / 2 * QUANTA);
    }
    node.put("values", Base64.getEncoder().encodeToString(quantized));
    ArrayNode gates = node.putArray("gates");
    for (int g = 0; g < layer.gates().size(); g++) {
      float[] gate = UnitMemory.column(layer.gates().get(g), layer.size(), unit.unit());
      byte[] steps = new byte[gate.length];
      for (int t = 0; t < gate.length; t++) {
        steps[t] = (byte) Math.round(gate[t] * QUANTA);
      }
      gates
          .addObject()
          .put("name", layer.gateNames().get(g))
          .put("values", Base64.getEncoder().encodeToString(steps));
    }
  }

  /** What a unit does, in a sentence for a person who sees the page for the first time. */
  private static String says(UnitMemory unit, Map<Integer, Double> profile) {
    double r = unit.correlation();
    double strength = Math.abs(r);
    String how = strength > 0.8 ? "closely" : strength > 0.5 ? "loosely" : "only faintly";
    String what = unit.cell() ? "cell state" : "hidden state";
    String does =
        unit.follows().isBinary()
            ? format(
                "is %s %s: %.2f on average, and %.2f elsewhere",
                r > 0 ? "higher" : "lower",
                unit.follows().where(),
                profile.getOrDefault(1, 0.0),
                profile.getOrDefault(0, 0.0))
            : format("%s %s", r > 0 ? "rises" : "falls", unit.follows().where());
    return format(
        "The %s of unit %d in layer %d %s. It follows this %s (correlation %.2f).",
        what, unit.unit(), unit.layer(), does, how, r);
  }

  private static String picture(UnitMemory unit, Map<Integer, Double> profile) {
    if (unit.follows().isBinary()) {
      return "";
    }
    double[] x = profile.keySet().stream().mapToDouble(value -> value).toArray();
    double[] y = profile.values().stream().mapToDouble(value -> value).toArray();
    double low = 0;
    double high = 0;
    for (double value : y) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    double margin = Math.max(0.05, 0.08 * (high - low));
    return Chart.lines(
        "Mean of the unit by " + unit.follows().words(),
        new Chart.Axis(unit.follows().words(), 0, Math.max(1, x[x.length - 1]), false),
        new Chart.Axis("mean of the unit", low - margin, high + margin, false),
        List.of(new Chart.Line("", 0, false, x, y)));
  }
}
