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
import trainer.config.Compute.Recurrence;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.cuda.GpuPeaks;

/**
 * Tests and times the engine on a GPU. {@code trainer/cuda/src/gpu/pack} packs it for a machine
 * that may have no Java and no network.
 *
 * <pre>
 * survey             the GPU and the libraries found
 * quick              small networks against plain loops in double precision, float32
 * first              the same with large ones, float32 and bfloat16
 * correctness        the same in every mode; exit code 1 on an error, as of the others
 * tiny               one small network, for compute-sanitizer
 * races              the same without clusters, whose words in shared memory racecheck would report
 * check              the check of {@code devices --check}
 * peaks              throughput of products by cuBLAS's compute type
 * bench CASE...      a JSON line each; a CASE is CELL,SIZE,LANES,STEPS,MODE such as "tf32 persistent"
 * learn FILE         trains on the sonnets in every precision and compares the losses with the CPU's
 * time FILE          trains on tinyshakespeare until nanoGPT's published validation loss
 * </pre>
 */
public final class GpuCheck {
  /** nanoGPT's published validation loss on tinyshakespeare, nats, and the time to get there. */
  private static final double WANTED_LOSS = 1.4697;

  private static final double SECONDS = 60;
  private static final int PEAK_SIZE = 8192;

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
          case "correctness" -> check.correctness(GpuCorrectness.cases(true), Precision.fixed());
          case "first" ->
              check.correctness(
                  GpuCorrectness.cases(true), List.of(Precision.FLOAT32, Precision.BFLOAT16));
          case "quick" ->
              check.correctness(GpuCorrectness.cases(false), List.of(Precision.FLOAT32));
          case "tiny" -> check.tiny(Recurrence.fixed());
          case "races" -> check.tiny(List.of(Recurrence.STEPS, Recurrence.PERSISTENT));
          case "check" -> SelfCheck.atLength(System.out::println);
          case "peaks" -> check.peaks(PEAK_SIZE);
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

  /** Prints a line per check. */
  boolean correctness(List<SelfCheck.Case> cases, List<Precision> precisions) {
    GpuCorrectness correctness = new GpuCorrectness(gpu);
    correctness.prepare(cases);
    List<GpuCorrectness.Result> results = new ArrayList<>();
    for (GpuMode mode : GpuMode.of(precisions.toArray(Precision[]::new))) {
      for (int i = 0; i < cases.size(); i++) {
        if (mode.checks(i)) {
          results.add(print(correctness.gradients(cases.get(i), mode)));
        }
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

  /** One network, of which persistent kernels have several blocks. */
  private boolean tiny(List<Recurrence> ways) {
    SelfCheck.Case one =
        new SelfCheck.Case(
            List.of(new Layer(CellType.LSTM, 40, 0.25), new Layer(CellType.GRU, 33, 0)), 19, 19, 5);
    boolean right = true;
    for (GpuMode mode : GpuMode.of(Precision.FLOAT32, Precision.BFLOAT16)) {
      right &=
          !ways.contains(mode.recurrence())
              || print(new GpuCorrectness(gpu).gradients(one, mode)).right();
    }
    return right;
  }

  /** Prints products' throughput by compute type. */
  boolean peaks(int size) {
    try (Device device = gpu.open(new GpuMode(Precision.FLOAT32, Recurrence.STEPS))) {
      new GpuPeaks(device.gpu(), device.products().functions())
          .measure(size)
          .forEach((type, peak) -> System.out.printf("%-16s %7.1f TFLOP/s%n", type, peak / 1e12));
    }
    return true;
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
