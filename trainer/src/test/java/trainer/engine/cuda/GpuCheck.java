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
 * Checks and times the engine on a GPU: what {@code trainer/src/gpu/pack} packs, to run on a
 * machine that may have no Java and no network.
 *
 * <pre>
 * survey             the GPU and the libraries found
 * correctness        against plain loops in double precision, in every precision; exit code 1 where wrong
 * quick              a few of the same, for compute-sanitizer
 * bench CASE...      a JSON line each; a CASE is CELL,SIZE,LANES,STEPS,PRECISION
 * learn FILE         trains on the sonnets in every precision and compares the losses with the CPU's
 * </pre>
 */
public final class GpuCheck {
  private final LibrarySearch search;
  private final KernelCache cache;

  GpuCheck(LibrarySearch search, KernelCache cache) {
    this.search = search;
    this.cache = cache;
  }

  /** Runs one of the commands. */
  public static void main(String[] arguments) throws IOException {
    GpuCheck check = new GpuCheck(LibrarySearch.ofThisMachine(), KernelCache.ofThisMachine());
    boolean right =
        switch (arguments[0]) {
          case "survey" -> survey();
          case "correctness" -> check.correctness(true);
          case "quick" -> check.correctness(false);
          case "bench" -> check.bench(List.of(arguments).subList(1, arguments.length));
          case "learn" -> check.learn(Files.readString(Path.of(arguments[1])));
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
   * Prints a line for each thing checked.
   *
   * @param all whether all precisions and large networks count
   */
  boolean correctness(boolean all) {
    GpuCorrectness correctness = new GpuCorrectness(search, cache);
    List<GpuCorrectness.Result> results = new ArrayList<>();
    for (Precision precision : all ? Precision.values() : new Precision[] {Precision.FLOAT32}) {
      for (GpuCorrectness.Case one : GpuCorrectness.cases(all)) {
        results.add(print(correctness.gradients(one, precision)));
      }
      results.add(print(correctness.sameBits(precision)));
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
    GpuBenchmark benchmark = new GpuBenchmark(search, cache);
    Map<Precision, Double> peaks = new EnumMap<>(Precision.class);
    for (String text : cases) {
      String[] parts = text.toUpperCase(Locale.ROOT).split(",", -1);
      GpuBenchmark.Case of =
          new GpuBenchmark.Case(
              CellType.valueOf(parts[0]),
              Integer.parseInt(parts[1]),
              Integer.parseInt(parts[2]),
              Integer.parseInt(parts[3]),
              Precision.valueOf(parts[4]));
      double peak = peaks.computeIfAbsent(of.precision(), benchmark::peak);
      System.out.println(benchmark.measure(of, peak));
    }
    return true;
  }

  private boolean learn(String text) {
    return new GpuLearning(search, cache).compare(text);
  }
}
