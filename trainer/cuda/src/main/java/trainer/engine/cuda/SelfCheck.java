package trainer.engine.cuda;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.cuda.CudaException;
import trainer.cuda.GpuMemoryException;
import trainer.cuda.KernelCache;
import trainer.cuda.LibrarySearch;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.engine.plain.PlainNetwork;
import trainer.engine.plain.PlainOptimizer;
import trainer.text.Segment;

/**
 * Compares training steps on a GPU with plain loops in double precision, before the GPU trains: a
 * wrong kernel must not spoil a run.
 */
public final class SelfCheck {
  private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);
  private static final int SEED = 17;

  /** Calls, calls that are captured, and the launch of a CUDA graph. */
  private static final int SEGMENTS = 3;

  private static final double RATE = 0.01;
  private static final Optimizer OPTIMIZER = new Optimizer.Adam(RATE, 0.9, 0.99, 1e-3);
  private static final GradientClipping.Norm BOUND = new GradientClipping.Norm(0.5);

  /** Largest relative L2 error of the parameters after an update by a given gradient. */
  private static final double UPDATE_TOLERANCE = 1e-6;

  private static final String RIGHT = "right";

  /** Longest wait for the GPU in a check. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** All cells, several blocks and groups of persistent kernels, partial tiles, and two chunks. */
  private static final Case START = new Case(everyCell(), 19, 35, 10);

  /** Reported failures; each is reported once a process. */
  private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

  /** A network and the size of its segments. */
  record Case(List<Layer> layers, int vocabulary, int lanes, int steps) {
    @Override
    public String toString() {
      StringBuilder stack = new StringBuilder();
      for (Layer layer : layers) {
        stack
            .append(layer.type().name().toLowerCase(Locale.ROOT))
            .append(' ')
            .append(layer.size())
            .append(layer.dropout() > 0 ? " dropout " + layer.dropout() : "")
            .append(", ");
      }
      return "%sV %d, B %d, T %d".formatted(stack, vocabulary, lanes, steps);
    }
  }

  /**
   * The largest errors of a check.
   *
   * @param states relative L2 error of h and c, and relative error of the loss
   * @param gradients relative L2 error of the gradient, and relative error of its norm
   * @param updates relative L2 error of the parameters after an update by the GPU's own gradient
   * @param seconds until loss and norm of the last segment were there
   */
  record Errors(
      Precision precision, double states, double gradients, double updates, double seconds) {

    /** What is wrong, and by how much; empty if nothing is. */
    Optional<String> failure() {
      List<String> wrong = new ArrayList<>();
      add(wrong, "states", states, forwardTolerance(precision));
      add(wrong, "gradients", gradients, gradientTolerance(precision));
      add(wrong, "updates", updates, UPDATE_TOLERANCE);
      return wrong.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", wrong));
    }

    private static void add(List<String> wrong, String what, double error, double allowed) {
      if (!(error <= allowed)) { // also if it is NaN
        wrong.add(
            String.format(Locale.ROOT, "%s are off by %.1e (%.0e allowed)", what, error, allowed));
      }
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "states %.1e, gradients %.1e, updates %.1e", states, gradients, updates);
    }
  }

  private SelfCheck() {}

  private static List<Layer> everyCell() {
    List<Layer> layers = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      layers.add(new Layer(cell, 36 + 4 * layers.size(), layers.isEmpty() ? 0.25 : 0));
    }
    return layers;
  }

  /**
   * Opens one of this machine's GPUs with the fastest way of computing that passes the check: as
   * set, else by steps, else without CUDA graphs. Warns of what failed. Outcomes are remembered in
   * the cache.
   *
   * @throws CudaException if the GPU cannot be used, or no way passes
   * @throws trainer.config.ConfigurationException if a setting is invalid
   */
  static Device open(Precision precision, Recurrence recurrence, int ordinal) {
    return open(LibrarySearch.ofThisMachine(), precision, recurrence, ordinal);
  }

  /** The same, with the libraries of a search. */
  static Device open(
      LibrarySearch search, Precision precision, Recurrence recurrence, int ordinal) {
    return open(
        search,
        KernelCache.ofThisMachine(),
        precision,
        DeviceSettings.ofThisMachine(recurrence),
        ordinal,
        START);
  }

  /** The same, with a cache, settings and a network to check. */
  static Device open(
      LibrarySearch search,
      KernelCache cache,
      Precision precision,
      DeviceSettings wanted,
      int ordinal,
      Case of) {
    String failures = "";
    for (DeviceSettings way : wanted.andSlower()) {
      Device device = Device.open(search, cache, precision, way, ordinal);
      String gpu = device.gpu().properties().text();
      String outcome = cache.recall(key(device)).orElse(null);
      if (outcome == null) {
        outcome = outcome(device, of, cache).text();
        device = outcome.equals(RIGHT) ? Device.open(search, cache, precision, way, ordinal) : null;
      }
      if (outcome.equals(RIGHT)) {
        return device;
      }
      if (device != null) {
        device.close();
      }
      String failure =
          "%s failed the check of its results: %s: %s".formatted(gpu, way.text(), outcome);
      if (REPORTED.add(failure)) {
        LOG.warn("{}; 'devices --check' checks again", failure);
      }
      failures = failure;
    }
    throw new CudaException(failures);
  }

  /**
   * Checks every way of computing in every precision, also on larger networks, whatever is
   * remembered.
   *
   * @param lines gets a line for each check
   * @return whether all results are right
   * @throws CudaException if the GPU cannot be used
   */
  public static boolean atLength(Consumer<String> lines) {
    List<Case> cases = new ArrayList<>(List.of(START));
    for (CellType cell : CellType.values()) {
      cases.add(new Case(List.of(new Layer(cell, 128, 0), new Layer(cell, 128, 0)), 65, 33, 9));
    }
    cases.add(new Case(List.of(new Layer(CellType.LSTM, 257, 0.5)), 33, 65, 4));
    return atLength(LibrarySearch.ofThisMachine(), KernelCache.ofThisMachine(), cases, lines);
  }

  /** The same, with the libraries of a search, a cache and cases. */
  static boolean atLength(
      LibrarySearch search, KernelCache cache, List<Case> cases, Consumer<String> lines) {
    boolean right = true;
    int capability = capability(search, cache);
    for (Precision precision : precisions(capability)) {
      for (DeviceSettings way : ways(capability)) {
        for (int i = 0; i < cases.size(); i++) {
          Case of = cases.get(i);
          // The persistent ways share the larger networks: most of the time is compilation.
          boolean turn = (way.recurrence() == Recurrence.CLUSTERS) == (i % 2 == 0);
          if (i > 0 && capability >= PersistentPlan.CLUSTERS && way.isPersistent() && !turn) {
            continue;
          }
          Device device = Device.open(search, cache, precision, way);
          Outcome outcome = outcome(device, of, i == 0 ? cache : new KernelCache(null));
          right &= outcome.isRight();
          lines.accept(
              "%-8s %s, %s, %s: %s"
                  .formatted(
                      outcome.isRight() ? RIGHT : "WRONG",
                      precision.name().toLowerCase(Locale.ROOT),
                      way.text(),
                      of,
                      outcome.isRight()
                          ? String.format(Locale.ROOT, "%.2f ms", 1e3 * outcome.seconds())
                          : outcome.text()));
        }
      }
    }
    return right;
  }

  private static List<Precision> precisions(int capability) {
    return capability < Device.TENSOR_CORES ? List.of(Precision.FLOAT32) : Precision.fixed();
  }

  private static List<DeviceSettings> ways(int capability) {
    boolean clusters = capability >= PersistentPlan.CLUSTERS;
    return new DeviceSettings(clusters ? Recurrence.CLUSTERS : Recurrence.PERSISTENT, true)
        .andSlower();
  }

  private static int capability(LibrarySearch search, KernelCache cache) {
    DeviceSettings plainest = new DeviceSettings(Recurrence.STEPS, false);
    try (Device device = Device.open(search, cache, Precision.FLOAT32, plainest)) {
      return device.gpu().properties().capability();
    }
  }

  private static String key(Device device) {
    return "self-check\n" + device.identity();
  }

  /**
   * The outcome of a check.
   *
   * @param text what is wrong, or {@link #RIGHT}
   * @param seconds of the last segment, which a CUDA graph has run unless they are off
   */
  private record Outcome(String text, double seconds) {
    boolean isRight() {
      return text.equals(RIGHT);
    }
  }

  /**
   * Checks a device, closes it, and remembers the outcome.
   *
   * @throws GpuMemoryException if there is too little memory for a check
   */
  private static Outcome outcome(Device device, Case of, KernelCache cache) {
    String key = key(device);
    Outcome outcome;
    device.gpu().patience(LIMIT);
    try {
      Errors errors = errors(device, of);
      outcome = new Outcome(errors.failure().orElse(RIGHT), errors.seconds());
    } catch (GpuMemoryException e) {
      throw e;
    } catch (CudaException e) {
      outcome = new Outcome(e.getMessage(), Double.NaN);
    }
    cache.remember(key, outcome.text());
    return outcome;
  }

  /** Trains on a few segments and compares; closes the device. */
  static Errors errors(Device device, Case of) {
    ParameterLayout layout = new ParameterLayout(of.vocabulary(), of.layers());
    PlainNetwork plain = new PlainNetwork(of.vocabulary(), of.layers(), of.lanes(), SEED);
    PlainOptimizer rule = new PlainOptimizer(plain, OPTIMIZER);
    Random random = new Random(SEED);
    float[] parameters = drawn(random, layout);
    float[] gradient = new float[parameters.length];
    double states = 0;
    double gradients = 0;
    double updates = 0;
    double seconds = 0;
    try (CudaNetwork network = new CudaNetwork(device, layout, OPTIMIZER, BOUND, SEED)) {
      network.writeParameters(parameters);
      for (int i = 0; i < SEGMENTS; i++) {
        Segment segment = segment(random, of);
        Arrays.setAll(plain.parameters, k -> parameters[k]);
        double loss = plain.gradient(segment, i, true);
        long start = System.nanoTime();
        Engine.Step step = network.train(segment, RATE, i);
        seconds = (System.nanoTime() - start) / 1e9;
        network.readGradient(gradient);
        states = Math.max(states, Math.abs(step.loss() - loss) / loss);
        states = Math.max(states, error(network.carriedState(), plain.state));
        gradients = Math.max(gradients, error(gradient, plain.gradient));
        double norm = norm(plain.gradient);
        gradients = Math.max(gradients, Math.abs(step.gradientNorm() - norm) / norm);
        Arrays.setAll(plain.gradient, k -> gradient[k]);
        double factor = BOUND.factor(norm(plain.gradient));
        Arrays.setAll(plain.gradient, k -> factor * gradient[k]);
        rule.apply(plain.parameters, plain.gradient, RATE, i);
        network.readParameters(parameters);
        updates = Math.max(updates, error(parameters, plain.parameters));
      }
    }
    return new Errors(device.precision(), states, gradients, updates, seconds);
  }

  /** Random parameters, uniform in ±1 / √units of the widest layer. */
  static float[] drawn(Random random, ParameterLayout layout) {
    int widest = layout.layers().stream().mapToInt(Layer::size).max().orElseThrow();
    float[] values = new float[layout.vectorLength()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (2 * random.nextFloat() - 1) / (float) Math.sqrt(widest);
    }
    return values;
  }

  static Segment segment(Random random, Case of) {
    int characters = of.lanes() * of.steps();
    return new Segment(
        of.steps(),
        of.lanes(),
        random.ints(characters, 0, of.vocabulary()).toArray(),
        random.ints(characters, 0, of.vocabulary()).toArray());
  }

  /** The largest relative L2 error of h and c of a layer. */
  static double error(CarriedState found, CarriedState exact) {
    double worst = 0;
    for (int l = 0; l < exact.layers().size(); l++) {
      LayerState ours = found.layers().get(l);
      LayerState theirs = exact.layers().get(l);
      worst = Math.max(worst, error(ours.hidden(), theirs.hidden()));
      if (theirs.cell() != null) {
        worst = Math.max(worst, error(ours.cell(), theirs.cell()));
      }
    }
    return worst;
  }

  static double error(float[] found, double[] exact) {
    double[] doubles = new double[found.length];
    Arrays.setAll(doubles, i -> found[i]);
    return error(doubles, exact);
  }

  /** Relative L2 error; NaN if either is NaN. */
  static double error(double[] found, double[] exact) {
    double[] difference = new double[exact.length];
    Arrays.setAll(difference, i -> found[i] - exact[i]);
    return norm(difference) / norm(exact);
  }

  private static double norm(double[] vector) {
    return Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
  }

  /** The largest relative L2 error of states, and relative error of losses. */
  static double forwardTolerance(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> 1e-5;
      case TF32 -> 2e-3;
      case BFLOAT16, AUTO -> 2e-2;
    };
  }

  /** The largest relative L2 error of the whole gradient. */
  static double gradientTolerance(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> 1e-4;
      case TF32 -> 5e-3;
      case BFLOAT16, AUTO -> 5e-2;
    };
  }
}
