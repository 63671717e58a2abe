package trainer.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import trainer.bench.SgemmPeak;
import trainer.bench.Spread;
import trainer.benchmark.SideProcess.Allocator;
import trainer.benchmark.SideProcess.Program;
import trainer.benchmark.SideProcess.ThreadSetting;
import trainer.benchmark.Workload.Cell;
import trainer.config.Compute.Precision;
import trainer.engine.nd4j.Nd4jBackend;

/**
 * Time of a training step by layer size, lanes, segment length and vocabulary, compared with the
 * time of its matrix products at the machine's sgemm peak: {@code Scaling MODULE_FOLDER}. Writes
 * scaling.md and scaling.png to the target folder.
 */
public final class Scaling {
  private static final int WARM_UP_STEPS = 20;
  private static final double MILLISECONDS = 2000; // approximate time per point
  private static final int FEWEST_STEPS = 5;

  private final Path target;
  private final ThreadSetting threads =
      new ThreadSetting(Runtime.getRuntime().availableProcessors(), 1, Allocator.AS_IT_COMES);
  private final Program program =
      Program.java(
          "this program", CharacterTrainer.class.getName(), System.getProperty("java.class.path"));

  /**
   * One quantity that varies while the others are fixed.
   *
   * @param quantity name and symbol
   * @param workload for a value
   */
  private record Axis(String quantity, int[] values, IntFunction<Workload> workload) {}

  /**
   * Measurements along an axis.
   *
   * @param milliseconds per step, for each value
   * @param bound milliseconds of the step's products at the sgemm peak, for each value
   */
  record Curve(String quantity, int[] values, double[] milliseconds, double[] bound) {}

  private Scaling(Path module) {
    target = module.resolve("target");
  }

  public static void main(String[] arguments) throws IOException {
    new Scaling(Path.of(arguments[0])).run();
  }

  private static List<Axis> axes() {
    return List.of(
        new Axis(
            "units per layer (H)",
            new int[] {64, 128, 256, 512, 1024},
            size -> new Workload(Cell.LSTM, 2, size, 64, 50, 65, true, false)),
        new Axis(
            "lanes (B)",
            new int[] {8, 16, 32, 64, 128, 256},
            lanes -> new Workload(Cell.LSTM, 2, 256, lanes, 50, 65, true, false)),
        new Axis(
            "characters per segment (T)",
            new int[] {10, 25, 50, 100, 200},
            length -> new Workload(Cell.LSTM, 2, 256, 64, length, 65, true, false)),
        new Axis(
            "vocabulary (V)",
            new int[] {65, 250, 1000, 5000},
            vocabulary -> new Workload(Cell.LSTM, 2, 256, 64, 50, vocabulary, true, false)));
  }

  private void run() throws IOException {
    Nd4jBackend.start(threads.count()); // loads the libraries that SgemmPeak uses
    List<Curve> curves = new ArrayList<>();
    for (Axis axis : axes()) {
      double[] milliseconds = new double[axis.values().length];
      double[] bound = new double[axis.values().length];
      for (int i = 0; i < axis.values().length; i++) {
        Workload workload = axis.workload().apply(axis.values()[i]);
        // Right after: a machine's speed varies.
        double peak = SgemmPeak.measure(Precision.FLOAT32, threads.count()).gigaflops();
        milliseconds[i] = time(workload);
        bound[i] = workload.operations() / peak / 1e6;
        System.err.printf(
            Locale.ROOT,
            "%s %d: %.2f ms, products alone %.2f ms at %.0f GFLOP/s%n",
            axis.quantity(),
            axis.values()[i],
            milliseconds[i],
            bound[i],
            peak);
      }
      curves.add(new Curve(axis.quantity(), axis.values(), milliseconds, bound));
    }
    Files.writeString(target.resolve("scaling.md"), table(curves));
    ScalingPicture.write(curves, target.resolve("scaling.png"));
    System.out.println(table(curves));
  }

  private double time(Workload workload) throws IOException {
    Path folder = Files.createDirectories(target.resolve("scaling"));
    Path file = folder.resolve("workload");
    workload.write(file);
    try (SideProcess process = new SideProcess(program, file, threads, folder)) {
      double first = Spread.of(process.time(WARM_UP_STEPS)).median();
      return Spread.of(process.time((int) Math.max(FEWEST_STEPS, MILLISECONDS / first))).median();
    }
  }

  private static String table(List<Curve> curves) {
    StringBuilder text = new StringBuilder();
    for (Curve curve : curves) {
      text.append("| ").append(curve.quantity()).append(" |");
      IntStream.of(curve.values())
          .forEach(value -> text.append(String.format(Locale.ROOT, " %,d |", value)));
      text.append("\n|---|").append("---|".repeat(curve.values().length)).append('\n');
      row(text, "ms per step", curve.milliseconds());
      row(text, "products alone, ms", curve.bound());
      text.append('\n');
    }
    return text.append(
            "Two LSTM layers; H = 256, B = 64, T = 50 and V = 65 unless varied. Medians; the products alone"
                + " at the sgemm peak measured right after.\n")
        .toString();
  }

  private static void row(StringBuilder text, String heading, double[] values) {
    text.append("| ").append(heading).append(" |");
    for (double value : values) {
      text.append(String.format(Locale.ROOT, value < 10 ? " %.1f |" : " %.0f |", value));
    }
    text.append('\n');
  }
}
