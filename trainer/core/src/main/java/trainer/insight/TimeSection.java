package trainer.insight;

import static trainer.insight.ReportSection.format;

import java.util.List;

/** How a network learned, in the report. */
final class TimeSection {
  private TimeSection() {}

  /**
   * @param overTime its checkpoints, each on the same text
   */
  static ReportSection of(List<Explanation> overTime) {
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
    return new ReportSection(
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
}
