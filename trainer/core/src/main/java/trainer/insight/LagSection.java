package trainer.insight;

import static trainer.insight.ReportSection.format;

import java.util.ArrayList;
import java.util.List;

/** How far back a network remembers, in the report. */
final class LagSection {
  private LagSection() {}

  /**
   * @param others to compare with
   */
  static ReportSection of(Explanation found, List<Explanation> others) {
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
    return new ReportSection(
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
}
