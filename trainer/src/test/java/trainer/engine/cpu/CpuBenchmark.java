package trainer.engine.cpu;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.text.Segment;

/**
 * Times whole training steps and shows where the time goes: {@code CpuBenchmark CELL SIZE LANES
 * STEPS [THREADS [ITERATIONS [VOCABULARY [LAYERS]]]]}.
 */
final class CpuBenchmark {
  private CpuBenchmark() {}

  public static void main(String[] arguments) {
    CellType cell = CellType.valueOf(arguments[0].toUpperCase(Locale.ROOT));
    int size = Integer.parseInt(arguments[1]);
    int lanes = Integer.parseInt(arguments[2]);
    int steps = Integer.parseInt(arguments[3]);
    int threads = number(arguments, 4, 2);
    int iterations = number(arguments, 5, 60);
    int vocabulary = number(arguments, 6, 65);
    Layer[] layers = new Layer[number(arguments, 7, 2)];
    Arrays.fill(layers, new Layer(cell, size, 0));
    NetworkShape shape = new NetworkShape(vocabulary, List.of(layers));
    CpuNetwork.Settings settings =
        new CpuNetwork.Settings(
            new Optimizer.Adam(0.002, 0.9, 0.999, 1e-8), new GradientClipping.Norm(5), 1, threads);
    try (CpuNetwork network = new CpuNetwork(shape, settings)) {
      network.writeParameters(RandomNetworks.parameters(shape, 1));
      time(network, RandomNetworks.segment(new Random(2), vocabulary, steps, lanes), iterations);
      sample(network, 2000);
    }
  }

  private static int number(String[] arguments, int index, int otherwise) {
    return index < arguments.length ? Integer.parseInt(arguments[index]) : otherwise;
  }

  private static void time(CpuNetwork network, Segment segment, int iterations) {
    double loss = 0;
    for (int i = 0; i < 20; i++) {
      loss = network.train(segment, 0.002, i).loss();
    }
    Map<Phase, Long> before = new EnumMap<>(Phase.class);
    for (Phase phase : Phase.values()) {
      before.put(phase, network.nanoseconds(phase));
    }
    double[] milliseconds = new double[iterations];
    for (int i = 0; i < iterations; i++) {
      long start = System.nanoTime();
      loss = network.train(segment, 0.002, i + 20).loss();
      milliseconds[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(milliseconds);
    double median = milliseconds[iterations / 2];
    double operations = operations(network.shape(), segment);
    System.out.printf(
        "%s %s: median %.2f ms, best %.2f ms, %.0f GFLOP/s, loss %.4f%n",
        network.shape().layers().get(0),
        network.description(),
        median,
        milliseconds[0],
        operations / median / 1e6,
        loss);
    for (Phase phase : Phase.values()) {
      System.out.printf(
          "  %6.2f ms %s%n",
          (network.nanoseconds(phase) - before.get(phase)) / 1e6 / iterations, phase.description());
    }
  }

  private static double operations(NetworkShape shape, Segment segment) {
    double perCharacter = 0;
    for (int l = 0; l < shape.layers().size(); l++) {
      GateOrder gates = shape.gates(l);
      double inputs = l == 0 ? 0 : shape.inputs(l);
      perCharacter += 6.0 * shape.size(l) * inputs * gates.fromInput();
      perCharacter += 6.0 * shape.size(l) * shape.size(l) * gates.fromRecurrence();
    }
    perCharacter += 6.0 * shape.size(shape.top()) * shape.vocabulary();
    return perCharacter * segment.characters();
  }

  private static void sample(CpuNetwork network, int characters) {
    try (var reader = network.reader(1)) {
      int[] character = {0};
      for (int i = 0; i < characters; i++) {
        reader.next(character);
      }
      long start = System.nanoTime();
      for (int i = 0; i < characters; i++) {
        reader.next(character);
      }
      System.out.printf(
          "  sampling: %.0f characters/s%n", characters * 1e9 / (System.nanoTime() - start));
    }
  }
}
