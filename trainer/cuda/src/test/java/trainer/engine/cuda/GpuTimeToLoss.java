package trainer.engine.cuda;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;

/**
 * Time to reach nanoGPT's published validation loss on tinyshakespeare, 1.4697 nats on the last
 * tenth of the text.
 */
final class GpuTimeToLoss {
  /** A network and how it is trained: Adam, with a warm-up and then half a cosine. */
  record Setup(
      CellType cell, int layers, int size, double dropout, int lanes, int steps, int epochs) {
    private static final double RATE = 0.002;
    private static final double LAST_RATE = 0.0001;
    private static final int WARM_UP = 100;

    double rate(int iteration, int iterations) {
      if (iteration < WARM_UP) {
        return RATE * (iteration + 1) / WARM_UP;
      }
      double along = (double) (iteration - WARM_UP) / Math.max(1, iterations - WARM_UP);
      return LAST_RATE + (RATE - LAST_RATE) * (1 + Math.cos(Math.PI * along)) / 2;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d x %d %s, dropout %.1f, %d lanes of %d characters, %d epochs at most",
          layers,
          size,
          cell.name().toLowerCase(Locale.ROOT),
          dropout,
          lanes,
          steps,
          epochs);
    }
  }

  /**
   * The outcome.
   *
   * @param seconds from opening the GPU to the loss, or in total
   */
  record Outcome(boolean reached, double seconds, int epochs, double loss) {}

  private final GpuMode.Opener gpu;
  private final double wanted;
  private final double within;

  /**
   * @param wanted validation loss, nats
   * @param within seconds
   */
  GpuTimeToLoss(GpuMode.Opener gpu, double wanted, double within) {
    this.gpu = gpu;
    this.wanted = wanted;
    this.within = within;
  }

  /** Trains until an epoch ends with the wanted loss, or the time is over. */
  Outcome train(String characters, Setup setup, GpuMode mode) {
    GpuText text = new GpuText(characters, setup.lanes(), setup.steps());
    List<Layer> layers =
        Collections.nCopies(setup.layers(), new Layer(setup.cell(), setup.size(), setup.dropout()));
    ParameterLayout layout = new ParameterLayout(text.vocabulary(), layers);
    int segments = text.trainingSegments();
    double lowest = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    try (CudaNetwork network =
        new CudaNetwork(
            gpu.open(mode),
            layout,
            new Optimizer.Adam(Setup.RATE, 0.9, 0.99, 1e-8),
            new GradientClipping.Norm(1),
            1)) {
      network.writeParameters(GpuVectors.drawn(layout.vectorLength(), setup.size(), 1));
      for (int epoch = 1; ; epoch++) {
        network.clearState();
        for (int i = 0; i < segments; i++) {
          int iteration = (epoch - 1) * segments + i;
          double rate = setup.rate(iteration, setup.epochs() * segments);
          network.train(text.trainingSegment(i), rate, iteration);
        }
        lowest = Math.min(lowest, text.validationLoss(network));
        double seconds = seconds(start);
        boolean reached = lowest <= wanted && seconds <= within;
        if (reached || seconds > within || epoch == setup.epochs()) {
          return new Outcome(reached, seconds, epoch, lowest);
        }
      }
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Runs some setups and prints a line per setup; returns whether one reached the loss in time. */
  boolean race(String characters) {
    boolean won = false;
    List<Setup> setups =
        List.of(
            new Setup(CellType.LSTM, 2, 512, 0.5, 64, 64, 30),
            new Setup(CellType.GRU, 2, 512, 0.5, 64, 64, 30),
            new Setup(CellType.LSTM, 3, 512, 0.5, 64, 64, 40));
    for (Setup setup : setups) {
      for (String mode : List.of("tf32 steps", "bfloat16 persistent")) {
        Outcome outcome = train(characters, setup, GpuMode.parse(mode));
        won |= outcome.reached();
        System.out.printf(
            Locale.ROOT,
            "%s %.4f nats within %.0f s: %.1f s, %d epochs, lowest validation loss %.4f nats: %s,"
                + " %s%n",
            outcome.reached() ? "reached" : "did not reach",
            wanted,
            within,
            outcome.seconds(),
            outcome.epochs(),
            outcome.loss(),
            setup,
            mode);
      }
    }
    return won;
  }
}
