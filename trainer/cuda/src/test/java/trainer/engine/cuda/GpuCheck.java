package trainer.engine.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;

/**
 * Tests and times the engine on a GPU. {@code trainer/cuda/src/gpu/pack} packs it for a machine
 * that may have no Java and no network.
 *
 * <pre>
 * survey             the GPU and the libraries found
 * correctness        against plain loops in double precision, in every mode; exit code 1 on an error
 * quick              a few of the same, for compute-sanitizer
 * bench CASE...      a JSON line each; a CASE is CELL,SIZE,LANES,STEPS,MODE such as "tf32 persistent"
 * learn FILE         trains on the sonnets in every precision and compares the losses with the CPU's
 * time FILE          trains on tinyshakespeare until nanoGPT's published validation loss
 * </pre>
 */
public final class GpuCheck {
  /** nanoGPT's published validation loss on tinyshakespeare, nats, and the time to get there. */
  private static final double WANTED_LOSS = 1.4697;

  private static final double SECONDS = 60;

  private final GpuMode.Opener gpu;

  GpuCheck(GpuMode.Opener gpu) {
    this.gpu = gpu;
  }

  /** Runs one of the commands. */
  public static void main(String[] arguments) throws IOException {
    GpuCheck check = new GpuCheck(GpuMode.thisMachine());
    boolean right =
        switch (arguments[0]) {
          case "survey" -> survey();
          case "correctness" -> check.correctness(true);
          case "quick" -> check.correctness(false);
          case "bench" -> check.bench(List.of(arguments).subList(1, arguments.length));
          case "learn" -> new GpuLearning(check.gpu).compare(read(arguments[1]));
          case "time" ->
              new GpuTimeToLoss(check.gpu, WANTED_LOSS, SECONDS).race(read(arguments[1]));
          default -> throw new IllegalArgumentException("unknown command " + arguments[0]);
        };
    System.exit(right ? 0 : 1);
  }

  private static boolean survey() {
    CudaSurvey survey = CudaSurvey.ofThisMachine();
    survey.gpus().forEach(System.out::println);
    survey.libraries().forEach(System.out::println);
    survey.obstacle().ifPresent(System.out::println);
    return survey.obstacle().isEmpty();
  }

  /**
   * Prints a line per check.
   *
   * @param all whether to include all precisions and large networks
   */
  boolean correctness(boolean all) {
    GpuCorrectness correctness = new GpuCorrectness(gpu);
    List<SelfCheck.Case> cases = GpuCorrectness.cases(all);
    correctness.prepare(cases);
    List<GpuCorrectness.Result> results = new ArrayList<>();
    for (GpuMode mode :
        all
            ? GpuMode.of(Precision.fixed().toArray(Precision[]::new))
            : GpuMode.of(Precision.FLOAT32)) {
      for (SelfCheck.Case one : cases) {
        results.add(print(correctness.gradients(one, mode)));
      }
      results.add(print(correctness.sameBits(mode)));
    }
    List<Optimizer> optimizers =
        List.of(
            new Optimizer.Adam(0.01, 0.9, 0.99, 1e-3),
            new Optimizer.AdamW(0.01, 0.9, 0.99, 1e-3, 0.2),
            new Optimizer.RmsProp(0.01, 0.9, 1e-2),
            new Optimizer.Sgd(0.1, 0),
            new Optimizer.Sgd(0.1, 0.9));
    optimizers.forEach(optimizer -> results.add(print(correctness.updates(optimizer))));
    long wrong = results.stream().filter(result -> !result.right()).count();
    System.out.printf("%d of %d wrong%n", wrong, results.size());
    return wrong == 0;
  }

  private static GpuCorrectness.Result print(GpuCorrectness.Result result) {
    System.out.println(result);
    return result;
  }

  private boolean bench(List<String> cases) {
    GpuBenchmark benchmark = new GpuBenchmark(gpu);
    Map<Precision, Double> peaks = new EnumMap<>(Precision.class);
    for (String text : cases) {
      String[] parts = text.toUpperCase(Locale.ROOT).split(",", -1);
      GpuBenchmark.Case of =
          new GpuBenchmark.Case(
              CellType.valueOf(parts[0]),
              Integer.parseInt(parts[1]),
              Integer.parseInt(parts[2]),
              Integer.parseInt(parts[3]),
              GpuMode.parse(parts[4]));
      double peak = peaks.computeIfAbsent(of.mode().precision(), benchmark::peak);
      System.out.println(benchmark.measure(of, peak));
    }
    return true;
  }

  private static String read(String file) throws IOException {
    return Files.readString(Path.of(file));
  }
}
