package trainer.insight;

import static trainer.insight.ReportSection.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What a network writes, and what of it is copied, in the report. */
final class WritesSection {
  private WritesSection() {}

  /**
   * @param overTime the checkpoints whose texts are shown, too
   */
  static ReportSection of(Explanation.Generated generated, List<Explanation> overTime) {
    boolean slider = overTime.size() > 1;
    String prompt =
        generated.prompt() == null || generated.prompt().isEmpty()
            ? "a newline"
            : "“" + Chart.escaped(generated.prompt().strip()) + "”";
    return new ReportSection(
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

  /** Adds the texts. */
  static void write(List<Explanation> shown, ObjectNode data) {
    ArrayNode written = data.putArray("written");
    shown.forEach(one -> one.generated().ifPresent(text -> put(written.addObject(), one, text)));
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
}
