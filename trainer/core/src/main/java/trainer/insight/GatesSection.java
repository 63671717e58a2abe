package trainer.insight;

import static trainer.insight.ReportSection.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How a network uses its gates, in the report. */
final class GatesSection {
  private GatesSection() {}

  static Optional<ReportSection> of(Explanation found) {
    if (found.gates().isEmpty()) {
      return Optional.empty();
    }
    boolean peepholes = found.gates().stream().anyMatch(gate -> gate.peephole() != null);
    StringBuilder body =
        new StringBuilder("<p>A gate lets through a part between 0 and 1 of what comes to it. ")
            .append(explained(found))
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
    return Optional.of(
        new ReportSection("gates", "Gates", "How it uses its gates", body + "</div>" + table));
  }

  private static String explained(Explanation found) {
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
}
