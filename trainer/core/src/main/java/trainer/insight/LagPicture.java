package trainer.insight;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import trainer.file.AtomicFile;
import trainer.insight.Memories.LayerMemory;
import trainer.insight.MemoryOverLag.LayerGradient;

/** The memory over lag of one or several networks in one picture. */
public final class LagPicture {
  private static final double DECADES = 1e-9; // of the largest value that are drawn

  private LagPicture() {}

  /** Writes the picture as an SVG file. */
  public static void write(List<Explanation> networks, Path file) {
    AtomicFile.write(file, Chart.file(svg(networks)));
  }

  /** Hidden states as lines, cell states dashed; of one network each layer, of several the top. */
  static String svg(List<Explanation> networks) {
    List<Chart.Line> lines = new ArrayList<>();
    boolean several = networks.size() > 1;
    for (int n = 0; n < networks.size(); n++) {
      List<LayerGradient> layers = networks.get(n).lag().orElseThrow().layers();
      for (int l = several ? layers.size() - 1 : 0; l < layers.size(); l++) {
        String name =
            several ? name(networks.get(n), l) : layers.size() == 1 ? "" : "layer " + l + ", ";
        int colour = several ? n : l;
        add(lines, several ? name : name + "hidden state", colour, false, layers.get(l).hidden());
        if (layers.get(l).cell() != null) {
          add(
              lines,
              several ? name + ", cell" : name + "cell state",
              colour,
              true,
              layers.get(l).cell());
        }
      }
    }
    double high = 0;
    double low = Double.POSITIVE_INFINITY;
    int lags = 1;
    for (Chart.Line line : lines) {
      lags = Math.max(lags, line.y().length);
      for (double value : line.y()) {
        high = Math.max(high, value);
        low = value > 0 ? Math.min(low, value) : low;
      }
    }
    if (high == 0) {
      high = 1;
    }
    low = Math.max(Math.min(low, high / 10), high * DECADES);
    return Chart.lines(
        "Norm of the gradient of the loss by earlier states",
        new Chart.Axis("characters back", 1, Math.max(2, lags), false),
        new Chart.Axis("norm of the gradient", low, high, true),
        lines);
  }

  /** Its cell if all layers have the same, else its run. */
  private static String name(Explanation network, int layer) {
    return network
        .memories()
        .map(Memories::layers)
        .map(layers -> layers.get(layer))
        .map(LayerMemory::type)
        .map(
            type ->
                switch (type) {
                  case SIMPLE_RNN -> "simple RNN";
                  case LSTM -> "LSTM";
                  case GRAVES_LSTM -> "Graves LSTM";
                  case GRU -> "GRU";
                })
        .orElseGet(() -> Report.name(network));
  }

  private static void add(
      List<Chart.Line> lines, String name, int colour, boolean dashed, double... values) {
    double[] lags = new double[values.length];
    for (int k = 0; k < lags.length; k++) {
      lags[k] = k + 1;
    }
    lines.add(new Chart.Line(name, colour, dashed, lags, values));
  }
}
