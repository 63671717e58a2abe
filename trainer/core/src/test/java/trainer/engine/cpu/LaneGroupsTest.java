package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.engine.Engine;
import trainer.text.Segment;

/** Training by groups of lanes: the division of the work decides the bytes, the threads do not. */
class LaneGroupsTest {
  private static final NetworkShape SHAPE = new NetworkShape(33, RandomNetworks.STACK);
  private static final int LANES = 7;

  static Stream<Precision> precisions() {
    return DnnlProducts.hasBfloat16()
        ? Stream.of(Precision.FLOAT32, Precision.BFLOAT16)
        : Stream.of(Precision.FLOAT32);
  }

  private static CpuNetwork network(int threads, int groups, Precision precision) {
    CpuNetwork network =
        new CpuNetwork(
            SHAPE,
            new CpuNetwork.Settings(
                RandomNetworks.ADAM,
                new GradientClipping.Norm(0.1),
                11,
                threads,
                groups,
                precision));
    network.writeParameters(RandomNetworks.parameters(SHAPE, 5));
    return network;
  }

  /** Parameters, losses, norms, states and scores of some iterations. */
  private static double[] results(int threads, int groups, Precision precision) {
    Stream.Builder<double[]> results = Stream.builder();
    try (CpuNetwork network = network(threads, groups, precision)) {
      Random random = new Random(1);
      for (int i = 0; i < 6; i++) {
        Segment segment = RandomNetworks.segment(random, 33, 9, LANES);
        Engine.Step step = network.train(segment, 0.01, i);
        results.add(new double[] {step.loss(), step.gradientNorm()});
      }
      network.carriedState().layers().forEach(layer -> results.add(layer.hidden()));
      float[] parameters = new float[SHAPE.parameters()];
      network.readParameters(parameters);
      results.add(doubles(parameters));
      try (Engine.Session session = network.session(LANES)) {
        Engine.Score score = session.score(RandomNetworks.segment(random, 33, 20, LANES));
        results.add(new double[] {score.nats()});
        results.add(doubles(session.next(new int[LANES])));
      }
    }
    return results.build().flatMapToDouble(java.util.Arrays::stream).toArray();
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    java.util.Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  @ParameterizedTest
  @MethodSource("precisions")
  void anyNumberOfThreadsGivesTheSameBytes(Precision precision) {
    double[] one = results(1, 3, precision);
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(results(threads, 3, precision)).containsExactly(one);
    }
  }

  @ParameterizedTest
  @MethodSource("precisions")
  void moreGroupsThanLanesAreAGroupPerLane(Precision precision) {
    CpuNetwork many = network(2, 100, precision);
    CpuNetwork each = network(2, LANES, precision);
    try (many;
        each) {
      Segment segment = RandomNetworks.segment(new Random(1), 33, 9, LANES);
      many.gradient(segment, 0);
      each.gradient(segment, 0);
      float[] found = new float[SHAPE.parameters()];
      float[] expected = new float[SHAPE.parameters()];
      many.readGradient(found);
      each.readGradient(expected);
      assertThat(found).containsExactly(expected);
    }
  }
}
