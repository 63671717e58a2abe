package trainer.engine.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import trainer.cell.CellLayout;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.RandomText;
import trainer.text.Segment;

/** Training speed of a GPU, from character indices on the heap to updated weights. */
final class GpuBenchmark {
  private static final int VOCABULARY = 65;
  private static final int BLOCKS = 9;
  private static final int STEPS_OF_BLOCK = 20;
  private static final int PEAK_SIZE = 8192;

  private final GpuMode.Opener gpu;
  private final int stepsOfBlock;

  GpuBenchmark(GpuMode.Opener gpu) {
    this(gpu, STEPS_OF_BLOCK);
  }

  /**
   * @param stepsOfBlock that are timed together; as many warm up
   */
  GpuBenchmark(GpuMode.Opener gpu, int stepsOfBlock) {
    this.gpu = gpu;
    this.stepsOfBlock = stepsOfBlock;
  }

  /** Two layers of a cell. */
  record Case(CellType cell, int size, int lanes, int steps, GpuMode mode) {

    /** Floating-point operations of the matrix products of a step, forward and backward. */
    double operations() {
      CellLayout shape = CellLayout.of(cell);
      double recurrent = 2.0 * size * size * shape.fromRecurrence();
      double input = (double) size * size * shape.fromInput();
      return 6.0 * lanes * steps * (recurrent + input + (double) size * VOCABULARY);
    }

    private Layer layer() {
      return new Layer(cell, size, 0);
    }

    /** Blocks of a layer's persistent kernels; 0 by steps. */
    private String blocks(Device device) {
      return Arrays.stream(PersistentPlan.Direction.values())
          .map(direction -> PersistentKernel.plan(device, layer(), lanes, direction))
          .map(plan -> plan.map(PersistentPlan::blocks).orElse(0).toString())
          .collect(Collectors.joining(" + "));
    }

    String json(double milliseconds, double fastest, double slowest, double peak, String blocks) {
      return String.format(
          Locale.ROOT,
          "{\"cell\": \"%s\", \"size\": %d, \"lanes\": %d, \"steps\": %d, \"precision\": \"%s\","
              + " \"recurrence\": \"%s\", \"blocks\": \"%s\", \"milliseconds\": %.4f, \"fastest\":"
              + " %.4f, \"slowest\": %.4f, \"characters_per_second\": %.0f,"
              + " \"share_of_product_peak\": %.4f}",
          cell.name().toLowerCase(Locale.ROOT),
          size,
          lanes,
          steps,
          mode.precision().name().toLowerCase(Locale.ROOT),
          mode.recurrence().name().toLowerCase(Locale.ROOT),
          blocks,
          milliseconds,
          fastest,
          slowest,
          lanes * steps / milliseconds * 1e3,
          operations() / (milliseconds * 1e-3) / peak);
    }
  }

  /**
   * Times steps, in blocks; returns the median.
   *
   * @param peak operations a second of large products in the same precision
   */
  String measure(Case of, double peak) {
    ParameterLayout layout = new ParameterLayout(VOCABULARY, List.of(of.layer(), of.layer()));
    int[] lengths = new int[16];
    Arrays.fill(lengths, of.steps());
    List<Segment> text = RandomText.segments(VOCABULARY, of.lanes(), 1, lengths);
    Device device = gpu.open(of.mode());
    String blocks = of.blocks(device);
    try (CudaNetwork network =
        new CudaNetwork(
            device,
            layout,
            new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(5),
            1)) {
      network.writeParameters(GpuVectors.drawn(layout.vectorLength(), of.size(), 1));
      int iteration = 0;
      for (int i = 0; i < stepsOfBlock; i++) {
        network.train(text.get(iteration % text.size()), 0.001, iteration++);
      }
      double[] milliseconds = new double[BLOCKS];
      for (int block = 0; block < BLOCKS; block++) {
        long start = System.nanoTime();
        for (int i = 0; i < stepsOfBlock; i++) {
          network.train(text.get(iteration % text.size()), 0.001, iteration++);
        }
        network.finish();
        milliseconds[block] = (System.nanoTime() - start) / 1e6 / stepsOfBlock;
      }
      Arrays.sort(milliseconds);
      return of.json(
          milliseconds[BLOCKS / 2], milliseconds[0], milliseconds[BLOCKS - 1], peak, blocks);
    }
  }

  /** Operations a second of large products in a precision. */
  double peak(Precision precision) {
    try (Device device = gpu.open(new GpuMode(precision, Recurrence.STEPS))) {
      return ProductPeak.measure(device, PEAK_SIZE);
    }
  }
}
