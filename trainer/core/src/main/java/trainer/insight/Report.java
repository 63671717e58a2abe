package trainer.insight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static trainer.insight.ReportSection.format;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import trainer.file.AtomicFile;
import trainer.insight.Memories.LayerMemory;

/**
 * One HTML page about a network that needs no other file or host. The first explanation fills it;
 * the others are networks or checkpoints to compare.
 */
public final class Report {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int START = 40; // character that is chosen at first

  private final Explanation found;
  private final List<Explanation> others;
  private final List<Explanation> overTime;

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
    List<ReportSection> sections = sections();
    String title = "What " + name(found) + " has learned";
    return resource("report.html")
        .replace("{{title}}", Chart.escaped(title))
        .replace("{{style}}", resource("report.css") + resource("chart.css"))
        .replace("{{navigation}}", joined(sections, ReportSection::navigation))
        .replace("{{subtitle}}", Chart.escaped(subtitle()))
        .replace("{{sections}}", joined(sections, ReportSection::html))
        .replace(
            "{{footer}}",
            "One file, no other host. Every figure is computed from the checkpoint and the text above it.")
        .replace("{{script}}", resource("report.js"))
        .replace("{{data}}", data().toString().replace("<", "\\u003c"));
  }

  private List<ReportSection> sections() {
    List<ReportSection> sections = new ArrayList<>();
    sections.add(SurpriseSection.of(found));
    MemorySection.of(found).ifPresent(sections::add);
    GatesSection.of(found).ifPresent(sections::add);
    found.lag().ifPresent(lag -> sections.add(LagSection.of(found, others)));
    found.generated().ifPresent(text -> sections.add(WritesSection.of(text, overTime)));
    found.map().ifPresent(map -> sections.add(CharactersSection.of(map, found.vocabulary())));
    if (overTime.size() > 1) {
      sections.add(TimeSection.of(overTime));
    }
    return sections;
  }

  private static String joined(List<ReportSection> sections, Function<ReportSection, String> part) {
    return sections.stream().map(part).collect(Collectors.joining());
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

  private ObjectNode data() {
    ObjectNode data = JSON.createObjectNode();
    data.put("text", new String(found.text(), 0, found.text().length));
    SurpriseSection.write(found, data);
    data.put("start", Math.min(START, found.text().length - 1));
    MemorySection.write(found, data);
    WritesSection.write(overTime.size() > 1 ? overTime : List.of(found), data);
    return data;
  }
}
