package trainer.insight;

import static trainer.insight.ReportSection.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** What surprises a network, in the report. */
final class SurpriseSection {
  private SurpriseSection() {}

  static ReportSection of(Explanation found) {
    double nats = found.natsPerCharacter();
    String unknown =
        found.unknown().count() == 0
            ? ""
            : card("" + found.unknown().count(), "not in the vocabulary");
    return new ReportSection(
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

  private static String card(String value, String words) {
    return "<div><b>%s</b><span>%s</span></div>".formatted(value, words);
  }

  /** Adds the figures of each character. */
  static void write(Explanation found, ObjectNode data) {
    ArrayNode nats = data.putArray("nats");
    ArrayNode alternatives = data.putArray("alternatives");
    ArrayNode unknown = data.putArray("unknown");
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
  }
}
