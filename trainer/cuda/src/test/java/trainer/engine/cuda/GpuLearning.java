package trainer.engine.cuda;

import java.util.List;
import java.util.Locale;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;

/**
 * Learning on datasets/shakespeare.txt, each cell in each precision: the loss on the last tenth of
 * the text must be that of the cpu engine from the same weights.
 */
final class GpuLearning {
  private static final int LANES = 32;
  private static final int STEPS = 50;
  private static final int SIZE = 128;
  private static final int ITERATIONS = 400;
  private static final double RATE = 0.003;

  /** Tolerance of a validation loss, nats. */
  private static final double TOLERANCE = 0.03;

  private final GpuMode.Opener gpu;

  GpuLearning(GpuMode.Opener gpu) {
    this.gpu = gpu;
  }

  /** Validation loss of the cpu engine, nats. */
  private static double expected(CellType cell) {
    return switch (cell) {
      case GRAVES_LSTM -> 2.1306;
      case LSTM -> 2.2111;
      case GRU -> 1.8047;
      case SIMPLE_RNN -> 1.9321;
    };
  }

  /** Trains and prints each loss; returns whether all agree. */
  boolean compare(String characters) {
    GpuText text = new GpuText(characters, LANES, STEPS);
    boolean agree = true;
    List<CellType> cells = List.of(CellType.values());
    for (CellType cell : cells) {
      for (GpuMode mode : GpuMode.of(Precision.fixed().toArray(Precision[]::new))) {
        if (!mode.checks(cells.indexOf(cell))) {
          continue;
        }
        double loss = validationLoss(text, cell, mode);
        boolean close = Math.abs(loss - expected(cell)) <= TOLERANCE;
        agree &= close;
        System.out.printf(
            Locale.ROOT,
            "%-8s %-12s %-20s validation loss %.4f nats after %d iterations, on the CPU %.4f%n",
            close ? "right" : "WRONG",
            cell.name().toLowerCase(Locale.ROOT),
            mode,
            loss,
            ITERATIONS,
            expected(cell));
      }
    }
    return agree;
  }

  private double validationLoss(GpuText text, CellType cell, GpuMode mode) {
    List<Layer> layers = List.of(new Layer(cell, SIZE, 0), new Layer(cell, SIZE, 0));
    ParameterLayout layout = new ParameterLayout(text.vocabulary(), layers);
    try (CudaNetwork network =
        new CudaNetwork(
            gpu.open(mode),
            layout,
            new Optimizer.Adam(RATE, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(5),
            1)) {
      network.writeParameters(GpuVectors.drawn(layout.vectorLength(), SIZE, 1));
      int segments = text.trainingSegments();
      for (int i = 0; i < ITERATIONS; i++) {
        if (i % segments == 0) {
          network.clearState();
        }
        network.train(text.trainingSegment(i % segments), RATE, i);
      }
      return text.validationLoss(network);
    }
  }
}
