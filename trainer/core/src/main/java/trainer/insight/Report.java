package trainer.insight;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import trainer.file.AtomicFile;
import trainer.insight.Memories.LayerMemory;

/**
 * One HTML page about a network that needs no other file or host. The first explanation fills it;
 * the others are networks or checkpoints to compare.
 */
public final class Report {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int UNITS_PER_FEATURE = 4;
  private static final int QUANTA = 255; // of a state or gate in the page

  private final Explanation found;
  private final List<Explanation> others;
  private final List<Explanation> overTime;
  private final List<String> navigation = new ArrayList<>();
  private final StringBuilder sections = new StringBuilder();

  private Report(Explanation found, List<Explanation> others, List<Explanation> overTime) {
    this.found = found;
    this.others = others;
    this.overTime = overTime;
  }

  /**
   * Writes the page.
   *
   * @param found all parts of one network
   * @param others networks to compare its memory over lag with
   * @param overTime the checkpoints of its run in order, each on the same text
   */
  public static void write(
      Explanation found, List<Explanation> others, List<Explanation> overTime, Path file) {
    AtomicFile.write(file, new Report(found, others, overTime).html());
  }

  private String html() {
    addSurprise();
    addMemory();
    addGates();
    found.lag().ifPresent(lag -> addLag());
    addWritten();
    found.map().ifPresent(this::addMap);
    if (overTime.size() > 1) {
      addOverTime();
    }
    String title = "What " + name(found) + " has learned";
    return resource("report.html")
        .replace("{{title}}", Chart.escaped(title))
        .replace("{{style}}", resource("report.css") + resource("chart.css"))
        .replace("{{navigation}}", String.join("", navigation))
        .replace("{{subtitle}}", Chart.escaped(subtitle()))
        .replace("{{sections}}", sections)
        .replace(
            "{{footer}}",
            "One file, no other host. Every figure is computed from the checkpoint and the text above it.")
        .replace("{{script}}", resource("report.js"))
        .replace("{{data}}", data().toString().replace("<", "\\u003c"));
  }

  static String resource(String name) {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The run of an explanation, and its checkpoint if it is not the best one. */
  static String name(Explanation found) {
    Path file = found.checkpoint();
    Path folder = file.toAbsolutePath().getParent();
    boolean numbered = folder != null && folder.endsWith("checkpoints");
    Path run = numbered ? folder.getParent() : folder;
    return run == null || run.getFileName() == null
        ? file.toString()
        : run.getFileName() + (numbered ? format(" at %,d", found.iteration()) : "");
  }

  private String subtitle() {
    String layers =
        found
            .memories()
            .map(
                memories ->
                    String.join(
                        ", then ",
                        memories.layers().stream()
                            .map(layer -> format("%d %s", layer.size(), cell(layer)))
                            .toList()))
            .orElse("");
    return format(
        "%s, iteration %,d. Network: %s units; %d characters in its vocabulary. Text: %s.",
        found.checkpoint(), found.iteration(), layers, found.vocabulary().size(), found.source());
  }

  private static String cell(LayerMemory layer) {
    return switch (layer.type()) {
      case SIMPLE_RNN -> "simple RNN";
      case LSTM -> "LSTM";
      case GRAVES_LSTM -> "Graves LSTM";
      case GRU -> "GRU";
    };
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private void section(String id, String link, String title, String body) {
    navigation.add("<a href=\"#%s\">%s</a>".formatted(id, link));
    sections.append("<section id=\"%s\"><h2>%s</h2>%s</section>%n".formatted(id, title, body));
  }

  private static String card(String value, String words) {
    return "<div><b>%s</b><span>%s</span></div>".formatted(value, words);
  }

  private void addSurprise() {
    double nats = found.natsPerCharacter();
    String unknown =
        found.unknown().count() == 0
            ? ""
            : card("" + found.unknown().count(), "not in the vocabulary");
    section(
        "surprise",
        "Surprise",
        "What surprises it",
        "<p>The network reads the text and guesses each next character. The redder a character, the"
            + " less probable it was. Point at one, or use the arrow keys, to see what was expected"
            + " instead.</p><div class=\"cards\">"
            + card(format("%.4f", nats), "nats per character")
            + card(format("%.3f", nats / Math.log(2)), "bits per character")
            + card(format("%.1f", Math.exp(nats)), "perplexity: like a guess among this many")
            + unknown
            + "</div><div class=\"scale\">expected <span class=\"heat\"></span> 6 nats: one in 400</div>"
            + "<div class=\"columns\"><div class=\"text\" id=\"surprise-text\" role=\"group\" aria-label=\"The text, coloured by surprise\"></div>"
            + "<div class=\"panel follow\" id=\"alternatives\" aria-live=\"polite\"></div></div>");
  }

  private void addMemory() {
    if (found.units().isEmpty()) {
      return;
    }
    section(
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
            + missingFeatures()
            + "</p>");
  }

  private String missingFeatures() {
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

  private void addGates() {
    if (found.gates().isEmpty()) {
      return;
    }
    boolean peepholes = found.gates().stream().anyMatch(gate -> gate.peephole() != null);
    StringBuilder body =
        new StringBuilder("<p>A gate lets through a part between 0 and 1 of what comes to it. ")
            .append(explained())
            .append(
                " A dot is a unit: how often its gate is nearly open (above 0.9), and how often"
                    + " nearly shut (below 0.1). Dots at the lower left are never decided; dots at"
                    + " the upper left are open all the time.</p><div class=\"multiples\">");
    StringBuilder table =
        new StringBuilder(
                "<div class=\"wide\"><table class=\"shares\"><tr><th>gate</th><th>nearly open</th><th>nearly shut</th>")
            .append(peepholes ? "<th>peepholes’ part</th>" : "")
            .append("</tr>");
    int layer = 0;
    for (GateUse gate : found.gates()) {
      if (gate.layer() != layer) {
        layer = gate.layer();
        body.append("</div><div class=\"multiples\">");
      }
      String name = format("layer %d, %s", gate.layer(), gate.gate());
      List<Chart.Dot> dots = new ArrayList<>();
      for (int u = 0; u < gate.open().length; u++) {
        dots.add(
            new Chart.Dot(
                gate.shut()[u],
                gate.open()[u],
                gate.layer() + 1, // a colour
                null,
                format(
                    "unit %d: open %.0f %%, shut %.0f %%",
                    u, 100 * gate.open()[u], 100 * gate.shut()[u])));
      }
      body.append("<figure>")
          .append(
              Chart.dots(
                  name,
                  220,
                  200,
                  new Chart.Axis("nearly shut", 0, 1, false),
                  new Chart.Axis("nearly open", 0, 1, false),
                  dots))
          .append("<figcaption>%s gate</figcaption></figure>".formatted(name));
      table.append(
          format(
              "<tr><th>%s</th><td>%.1f %%</td><td>%.1f %%</td>%s</tr>",
              name,
              100 * GateUse.mean(gate.open()),
              100 * GateUse.mean(gate.shut()),
              gate.peephole() == null
                  ? peepholes ? "<td></td>" : ""
                  : format("<td>%.1f %%</td>", 100 * GateUse.mean(gate.peephole()))));
    }
    table.append("</table></div>");
    if (peepholes) {
      table.append(
          "<p class=\"faint\">The peepholes’ part is the share of |p c| in what a gate adds up, |x W + b| + |h R| + |p c|, averaged over units.</p>");
    }
    section("gates", "Gates", "How it uses its gates", body + "</div>" + table);
  }

  private String explained() {
    boolean lstm = found.gates().stream().anyMatch(gate -> "forget".equals(gate.gate()));
    boolean gru = found.gates().stream().anyMatch(gate -> "update".equals(gate.gate()));
    return (lstm
            ? "The forget gate keeps the old cell state, the input gate lets the new in, the output gate uses it."
            : "")
        + (lstm && gru ? " " : "")
        + (gru
            ? "The update gate keeps the old hidden state, the reset gate decides how much of it the candidate sees."
            : "");
  }

  private void addLag() {
    List<Explanation> all = new ArrayList<>();
    all.add(found);
    others.stream().filter(other -> other.lag().isPresent()).forEach(all::add);
    MemoryOverLag lag = found.lag().orElseThrow();
    double[] hidden = lag.layers().get(lag.layers().size() - 1).hidden();
    List<String> shares = new ArrayList<>();
    for (int k : new int[] {10, 50, 100, 200}) {
      if (k <= lag.lags() && hidden[0] > 0) {
        shares.add(format("%s at %d", percent(hidden[k - 1] / hidden[0]), k));
      }
    }
    section(
        "lag",
        "Memory over lag",
        "How far back it remembers",
        format(
            "<p>If the network’s state some characters ago had been a little different, how much would"
                + " its surprise now change? That is the gradient of the loss by the earlier state,"
                + " averaged over %d places. Where the line falls, it has forgotten: the vanishing"
                + " gradient.%s</p><figure>%s</figure>",
            lag.places(),
            shares.isEmpty()
                ? ""
                : " Of what it is one character back, the hidden state of the top layer has "
                    + String.join(", ", shares)
                    + " characters.",
            LagPicture.svg(all)));
  }

  private static String percent(double share) {
    return share >= 0.001 ? format("%.2g\u00a0%%", 100 * share) : "less than 0.1\u00a0%";
  }

  private void addWritten() {
    if (found.generated().isEmpty()) {
      return;
    }
    Explanation.Generated generated = found.generated().get();
    boolean slider = overTime.size() > 1;
    String prompt =
        generated.prompt() == null || generated.prompt().isEmpty()
            ? "a newline"
            : "“" + Chart.escaped(generated.prompt().strip()) + "”";
    section(
        "writes",
        "Writes",
        slider ? "What it writes, and wrote while it learned" : "What it writes",
        format(
                "<p>After %s, at temperature %s and seed %d. What stands in the corpus word for word for"
                    + " 20 characters or more is underlined. <span id=\"written-says\"></span></p>",
                prompt, generated.temperature(), generated.seed())
            + (slider
                ? format(
                    "<div class=\"slider\"><label for=\"written-slider\">iteration</label><input type=\"range\" id=\"written-slider\" min=\"0\" max=\"%d\" value=\"%d\"><output id=\"written-at\"></output></div>",
                    overTime.size() - 1, overTime.size() - 1)
                : "")
            + "<div class=\"text\" id=\"written\" tabindex=\"0\" role=\"group\" aria-label=\"A text by the network\"></div>");
  }

  private void addMap(CharacterMap map) {
    List<Chart.Dot> dots = new ArrayList<>();
    double[] range = {0, 0, 0, 0};
    for (int v = 0; v < found.vocabulary().size(); v++) {
      int c = found.vocabulary().codePoint(v);
      double x = map.x()[v];
      double y = map.y()[v];
      range[0] = Math.min(range[0], x);
      range[1] = Math.max(range[1], x);
      range[2] = Math.min(range[2], y);
      range[3] = Math.max(range[3], y);
      dots.add(new Chart.Dot(x, y, kind(c), symbol(c), format("%s: %.2f, %.2f", symbol(c), x, y)));
    }
    section(
        "characters",
        "Characters",
        "Which characters it reads alike",
        "<p>Each character enters the network by its own row of weights. Here are the rows in the two"
            + " directions in which they differ most ("
            + format("%.0f %%", 100 * map.explained())
            + " of their variance): characters that act alike lie close together. Vowels are orange,"
            + " consonants blue, capitals violet, digits green, the rest grey.</p><figure>"
            + Chart.dots(
                "Characters by their input weights",
                420,
                330,
                axis("first principal component", range[0], range[1]),
                axis("second", range[2], range[3]),
                dots)
            + "</figure>");
  }

  private static Chart.Axis axis(String name, double low, double high) {
    double margin = Math.max(1e-9, 0.06 * (high - low));
    return new Chart.Axis(name, low - margin, high + margin, false);
  }

  private static int kind(int c) {
    if (Character.isUpperCase(c)) {
      return 3;
    }
    if (Character.isLetter(c)) {
      return "aeiouäöüáàâéèêëíîïóôúùûåæøœαειηουωаеёиоуыэюя".indexOf(c) >= 0 ? 0 : 1;
    }
    return Character.isDigit(c) ? 2 : 4;
  }

  private static String symbol(int c) {
    return switch (c) {
      case '\n' -> "↵";
      case ' ' -> "␣";
      case '\t' -> "⇥";
      default -> Character.toString(c);
    };
  }

  private void addOverTime() {
    double[] iterations = overTime.stream().mapToDouble(Explanation::iteration).toArray();
    double[] nats = overTime.stream().mapToDouble(Explanation::natsPerCharacter).toArray();
    double low = Double.POSITIVE_INFINITY;
    double high = 0;
    for (double value : nats) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    double margin = Math.max(0.05, 0.08 * (high - low));
    double last = iterations[iterations.length - 1];
    section(
        "time",
        "Over time",
        "How it learned",
        format(
            "<p>The surprise at the same text of each checkpoint that was kept: from %.3f nats per"
                + " character at iteration %,d to %.3f at %,d.</p><figure>%s</figure>",
            nats[0],
            overTime.get(0).iteration(),
            nats[nats.length - 1],
            overTime.get(nats.length - 1).iteration(),
            Chart.lines(
                "Surprise over training time",
                new Chart.Axis("iteration", Math.min(iterations[0], last - 1), last, false),
                new Chart.Axis(
                    "nats per character", Math.max(0, low - margin), high + margin, false),
                List.of(new Chart.Line("", 1, false, iterations, nats)))));
  }

  private ObjectNode data() {
    ObjectNode data = JSON.createObjectNode();
    data.put("text", new String(found.text(), 0, found.text().length));
    ArrayNode nats = data.putArray("nats");
    ArrayNode alternatives = data.putArray("alternatives");
    ArrayNode unknown = data.putArray("unknown");
    int start = Math.min(40, found.text().length - 1);
    for (int i = 0; i < found.text().length; i++) {
      if (i == 0) {
        nats.addNull();
      } else {
        nats.add(Math.rint(found.surprise().nats()[i] * 1000) / 1000);
        if (!found.vocabulary().contains(found.text()[i])) {
          unknown.add(i);
        }
      }
      ArrayNode likely = alternatives.addArray();
      for (Surprise.Alternative alternative : found.surprise().alternatives().get(i)) {
        likely.add(found.vocabulary().character(alternative.character()));
        likely.add(Math.rint(alternative.probability() * 10_000) / 10_000);
      }
    }
    data.put("start", start);
    ArrayNode units = data.putArray("units");
    found
        .memories()
        .ifPresent(
            memories -> shownUnits().forEach(unit -> put(units.addObject(), unit, memories)));
    ArrayNode written = data.putArray("written");
    (overTime.size() > 1 ? overTime : List.of(found))
        .forEach(one -> one.generated().ifPresent(text -> put(written.addObject(), one, text)));
    return data;
  }

  private static void put(ObjectNode node, Explanation one, Explanation.Generated generated) {
    node.put("text", generated.text());
    node.put("label", format("%,d: %.3f nats", one.iteration(), one.natsPerCharacter()));
    ArrayNode spans = node.putArray("spans");
    int characters = generated.text().codePointCount(0, generated.text().length());
    node.put(
        "says",
        generated
            .copies()
            .map(
                copies ->
                    format(
                        "The longest part that stands there has %d characters; parts of 20 and more make up %.1f %% of the text.",
                        copies.longest() == null ? 0 : copies.longest().length(),
                        100 * copies.share(characters)))
            .orElse("The corpus of the run is not here, so this cannot be told."));
    generated
        .copies()
        .ifPresent(
            copies ->
                copies.spans().forEach(span -> spans.addArray().add(span.from()).add(span.to())));
  }

  /** For each feature the units that follow it most closely, each unit once. */
  private List<UnitMemory> shownUnits() {
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

  private void put(ObjectNode node, UnitMemory unit, Memories memories) {
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
    Map<Integer, Double> profile = unit.profile(memories, found.text());
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
