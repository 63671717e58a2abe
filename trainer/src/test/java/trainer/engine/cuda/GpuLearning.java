package trainer.engine.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.Engine;
import trainer.text.Segment;

/**
 * Learning on datasets/shakespeare.txt, each cell in each precision: the loss on the last tenth of
 * the text must be what the engine for CPUs reaches from the same weights.
 */
final class GpuLearning {
  private static final int LANES = 32;
  private static final int STEPS = 50;
  private static final int SIZE = 128;
  private static final int ITERATIONS = 400;
  private static final double RATE = 0.003;

  /** How far a validation loss may be from the CPU's, nats. */
  private static final double TOLERANCE = 0.03;

  private final LibrarySearch search;
  private final KernelCache cache;

  GpuLearning(LibrarySearch search, KernelCache cache) {
    this.search = search;
    this.cache = cache;
  }

  /** The validation loss that the engine for CPUs reached, nats. */
  private static double expected(CellType cell) {
    return switch (cell) {
      case GRAVES_LSTM -> 2.1306;
      case LSTM -> 2.2111;
      case GRU -> 1.8047;
      case SIMPLE_RNN -> 1.9321;
    };
  }

  /** Trains; prints each loss; whether all agree. */
  boolean compare(String text) {
    int[] alphabet = text.codePoints().distinct().sorted().toArray();
    int[] characters = text.codePoints().map(c -> Arrays.binarySearch(alphabet, c)).toArray();
    int held = characters.length / 10;
    boolean agree = true;
    for (CellType cell : CellType.values()) {
      for (Precision precision : Precision.values()) {
        double loss = validationLoss(characters, held, alphabet.length, cell, precision);
        boolean close = Math.abs(loss - expected(cell)) <= TOLERANCE;
        agree &= close;
        System.out.printf(
            Locale.ROOT,
            "%-8s %-12s %-9s validation loss %.4f nats after %d iterations, on the CPU %.4f%n",
            close ? "right" : "WRONG",
            cell.name().toLowerCase(Locale.ROOT),
            precision.name().toLowerCase(Locale.ROOT),
            loss,
            ITERATIONS,
            expected(cell));
      }
    }
    return agree;
  }

  private double validationLoss(
      int[] characters, int held, int vocabulary, CellType cell, Precision precision) {
    List<Layer> layers = List.of(new Layer(cell, SIZE, 0), new Layer(cell, SIZE, 0));
    ParameterLayout layout = new ParameterLayout(vocabulary, layers);
    try (CudaNetwork network =
        new CudaNetwork(
            Device.open(search, cache, precision),
            layout,
            new Optimizer.Adam(RATE, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(5),
            1)) {
      Random random = new Random(1);
      float[] parameters = new float[layout.vectorLength()];
      for (int i = 0; i < parameters.length; i++) {
        parameters[i] = (2 * random.nextFloat() - 1) / (float) Math.sqrt(SIZE);
      }
      network.takeParameters(parameters);
      int training = characters.length - held;
      int segments = (training / LANES - 1) / STEPS;
      for (int i = 0; i < ITERATIONS; i++) {
        if (i % segments == 0) {
          network.clearState();
        }
        network.train(segment(characters, 0, training, i % segments), RATE, i);
      }
      try (Engine.Reader reader = network.reader(LANES)) {
        Engine.Score score = new Engine.Score(0, 0, 0);
        for (int i = 0; i < (held / LANES - 1) / STEPS; i++) {
          score = score.plus(reader.score(segment(characters, training, held, i)));
        }
        return score.loss();
      }
    }
  }

  /** A segment of lanes that are stretches of a part of the text. */
  private static Segment segment(int[] characters, int from, int length, int index) {
    Segment segment = new Segment(STEPS, LANES);
    int lane = length / LANES;
    for (int t = 0; t < STEPS; t++) {
      for (int b = 0; b < LANES; b++) {
        int at = from + b * lane + index * STEPS + t;
        segment.inputs()[t * LANES + b] = characters[at];
        segment.targets()[t * LANES + b] = characters[at + 1];
      }
    }
    return segment;
  }
}
