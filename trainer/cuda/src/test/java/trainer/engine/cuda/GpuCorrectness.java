package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.engine.cuda.SelfCheck.Case;
import trainer.engine.plain.PlainNetwork;
import trainer.engine.plain.PlainOptimizer;
import trainer.text.Segment;

/**
 * Compares a GPU with plain loops in double precision, and runs with each other. Needs neither ND4J
 * nor JUnit.
 */
final class GpuCorrectness {
  private static final int SEED = 17;
  private static final int SEGMENTS = 3;
  private static final GpuMode FLOAT32 = new GpuMode(Precision.FLOAT32, Recurrence.STEPS);

  /** A check and its largest relative L2 errors. */
  record Result(String what, double states, double gradients, boolean right) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-8s %-70s states %.1e, gradients %.1e",
          right ? "right" : "WRONG",
          what,
          states,
          gradients);
    }
  }

  /** Results of plain loops for a segment. */
  private record Expected(double loss, double[] gradient, CarriedState state) {}

  private final GpuMode.Opener gpu;
  private final Map<Case, List<Expected>> expected = new ConcurrentHashMap<>();

  GpuCorrectness(GpuMode.Opener gpu) {
    this.gpu = gpu;
  }

  /**
   * Sizes that no block divides, for each cell and mixed; on request a wide layer below a narrow
   * one too, and large networks, whose persistent recurrences take many blocks, in several groups,
   * with several tiles of lanes to a block.
   */
  static List<Case> cases(boolean large) {
    List<Case> cases = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      cases.add(new Case(List.of(new Layer(cell, 1, 0)), 2, 1, 1));
      cases.add(new Case(List.of(new Layer(cell, 3, 0)), 3, 17, 1));
      cases.add(new Case(List.of(new Layer(cell, 17, 0)), 33, 3, 3));
      cases.add(new Case(List.of(new Layer(cell, 33, 0)), 257, 17, 3));
      cases.add(new Case(List.of(new Layer(cell, 257, 0)), 33, 3, 3));
      cases.add(new Case(List.of(new Layer(cell, 3, 0)), 2, 1, 257));
      if (large) {
        cases.add(new Case(List.of(new Layer(cell, 512, 0), new Layer(cell, 512, 0)), 65, 8, 9));
      }
    }
    if (large) {
      cases.add(
          new Case(
              List.of(new Layer(CellType.LSTM, 257, 0), new Layer(CellType.LSTM, 33, 0)), 5, 3, 3));
      Layer gru = new Layer(CellType.GRU, 512, 0);
      cases.add(new Case(List.of(gru, gru), 65, 65, 20));
      cases.add(new Case(List.of(new Layer(CellType.LSTM, 512, 0)), 65, 128, 20));
      cases.add(new Case(List.of(new Layer(CellType.GRAVES_LSTM, 1024, 0)), 65, 64, 5));
    }
    cases.add(
        new Case(
            List.of(
                new Layer(CellType.GRAVES_LSTM, 33, 0.25),
                new Layer(CellType.SIMPLE_RNN, 17, 0),
                new Layer(CellType.LSTM, 65, 0.5),
                new Layer(CellType.GRU, 3, 0.1)),
            33,
            5,
            9));
    return cases;
  }

  private CudaNetwork open(Case of, GpuMode mode, Optimizer optimizer) {
    return new CudaNetwork(
        gpu.open(mode),
        new ParameterLayout(of.vocabulary(), of.layers()),
        optimizer,
        new GradientClipping.Norm(0.5),
        SEED);
  }

  private static float[] parameters(Case of) {
    int widest = of.layers().stream().mapToInt(Layer::size).max().orElseThrow();
    int count = new ParameterLayout(of.vocabulary(), of.layers()).vectorLength();
    return GpuVectors.drawn(count, widest, SEED);
  }

  private static List<Segment> text(Case of, int segments) {
    int[] lengths = new int[segments];
    Arrays.fill(lengths, of.steps());
    return RandomText.segments(of.vocabulary(), of.lanes(), SEED, lengths);
  }

  private static PlainNetwork plain(Case of, float[] parameters) {
    PlainNetwork plain = new PlainNetwork(of.vocabulary(), of.layers(), of.lanes(), SEED);
    Arrays.setAll(plain.parameters, i -> parameters[i]);
    return plain;
  }

  /** Computes the expected results of {@link #gradients}, on all processors. */
  void prepare(List<Case> cases) {
    cases.parallelStream().forEach(of -> expected.put(of, plainly(of)));
  }

  private static List<Expected> plainly(Case of) {
    PlainNetwork plain = plain(of, parameters(of));
    List<Expected> found = new ArrayList<>();
    for (Segment segment : text(of, SEGMENTS)) {
      double loss = plain.gradient(segment, found.size(), true);
      found.add(new Expected(loss, plain.gradient.clone(), plain.state));
    }
    return found;
  }

  /** Loss, gradient and states of consecutive segments. */
  Result gradients(Case of, GpuMode mode) {
    Precision precision = mode.precision();
    double states = 0;
    double gradients = 0;
    double losses = 0;
    try (CudaNetwork network = open(of, mode, new Optimizer.Sgd(0.1, 0))) {
      network.writeParameters(parameters(of));
      List<Expected> exact = expected.computeIfAbsent(of, GpuCorrectness::plainly);
      int iteration = 0;
      for (Segment segment : text(of, SEGMENTS)) {
        Expected one = exact.get(iteration);
        Engine.Step found = network.gradient(segment, iteration);
        losses = Math.max(losses, Math.abs(found.loss() - one.loss()) / one.loss());
        gradients =
            Math.max(gradients, SelfCheck.error(GpuVectors.gradient(network), one.gradient()));
        states = Math.max(states, error(network, one.state()));
        iteration++;
      }
    }
    boolean right =
        losses <= SelfCheck.forwardTolerance(precision)
            && states <= SelfCheck.forwardTolerance(precision)
            && gradients <= SelfCheck.gradientTolerance(precision);
    return new Result(mode + ": " + of, Math.max(states, losses), gradients, right);
  }

  /** Parameters after some updates. */
  Result updates(Optimizer optimizer) {
    Case of =
        new Case(
            List.of(new Layer(CellType.LSTM, 33, 0), new Layer(CellType.GRU, 17, 0)), 33, 5, 9);
    float[] parameters = parameters(of);
    PlainNetwork plain = plain(of, parameters);
    PlainOptimizer definition = new PlainOptimizer(plain, optimizer);
    GradientClipping.Norm bound = new GradientClipping.Norm(0.5);
    try (CudaNetwork network = open(of, FLOAT32, optimizer)) {
      network.writeParameters(parameters);
      int iteration = 0;
      for (Segment segment : text(of, 6)) {
        plain.gradient(segment, iteration, true);
        double norm = Math.sqrt(Arrays.stream(plain.gradient).map(g -> g * g).sum());
        double[] scaled = Arrays.stream(plain.gradient).map(g -> g * bound.factor(norm)).toArray();
        definition.apply(plain.parameters, scaled, optimizer.learningRate(), iteration);
        network.train(segment, optimizer.learningRate(), iteration);
        iteration++;
      }
      double error = SelfCheck.error(GpuVectors.parameters(network), plain.parameters);
      return new Result(
          "six updates by " + optimizer, error(network, plain.state), error, error < 1e-5);
    }
  }

  /** Two runs and a resumed run give the same bits. */
  Result sameBits(GpuMode mode) {
    Case of =
        new Case(
            List.of(new Layer(CellType.LSTM, 65, 0.2), new Layer(CellType.GRU, 64, 0)), 65, 16, 9);
    List<Segment> text = text(of, 6);
    float[] once = trained(of, mode, text, text.size());
    boolean again = Arrays.equals(once, trained(of, mode, text, text.size()));
    boolean resumed = Arrays.equals(once, trained(of, mode, text, 3));
    return new Result(
        "%s: same bits again: %s, after resumption: %s".formatted(mode, again, resumed),
        0,
        0,
        again && resumed);
  }

  /** Parameters after training that another network resumes after some segments. */
  private float[] trained(Case of, GpuMode mode, List<Segment> text, int handOver) {
    Optimizer adam = new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8);
    CudaNetwork network = open(of, mode, adam);
    try {
      network.writeParameters(parameters(of));
      for (int i = 0; i < text.size(); i++) {
        if (i == handOver) {
          CudaNetwork next = open(of, mode, adam);
          next.writeParameters(GpuVectors.parameters(network));
          next.writeUpdater(GpuVectors.updater(network));
          next.carriedState(network.carriedState());
          network.close();
          network = next;
        }
        network.train(text.get(i), 0.01, i);
      }
      return GpuVectors.parameters(network);
    } finally {
      network.close();
    }
  }

  private static double error(CudaNetwork network, CarriedState state) {
    return SelfCheck.error(network.carriedState(), state);
  }
}
