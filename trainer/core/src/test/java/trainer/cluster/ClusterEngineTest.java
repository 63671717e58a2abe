package trainer.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.engine.cpu.CpuEngine;
import trainer.engine.cpu.CpuEngineProvider;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/** Training by several ranks: lane groups decide the bytes, not where and how many ranks are. */
class ClusterEngineTest {
  private static final int VOCABULARY = 33;
  private static final int LANES = 8;
  private static final int GROUPS = 4;
  private static final List<Segment> TEXT =
      RandomText.segments(VOCABULARY, LANES, 3, 9, 9, 4, 9, 9, 17, 9, 9);

  private static Compute compute(int workers) {
    return new Compute(EngineType.CPU, 1, GROUPS, Precision.FLOAT32, workers);
  }

  /**
   * @param workers 0: no cluster
   */
  private static CharacterNetwork network(Configuration configuration, int workers) {
    return network(
        configuration,
        network ->
            workers == 0
                ? new CpuEngine(network, compute(1))
                : ClusterEngine.create(
                    network, new CpuEngineProvider(), compute(workers), new LocalWorkers()));
  }

  /** Ranks that are threads of this process, as those of several GPUs are. */
  private static CharacterNetwork threads(Configuration configuration, int ranks) {
    return network(
        configuration,
        network ->
            ClusterEngine.create(
                network, new CpuEngineProvider(), Collections.nCopies(ranks, compute(1))));
  }

  private static CharacterNetwork network(
      Configuration configuration, Function<CharacterNetwork, Engine> engine) {
    return new CharacterNetwork(configuration, VOCABULARY, DataType.FLOAT, engine);
  }

  static Stream<Configuration> configurations() {
    GradientClipping norm = new GradientClipping.Norm(0.05);
    Stream<Configuration> cells =
        Arrays.stream(CellType.values())
            .map(cell -> configuration(List.of(Networks.two(cell, 11)), Networks.ADAM, norm));
    List<Layer> mixed = List.of(Networks.mixed());
    Optimizer momentum = new Optimizer.Sgd(0.1, 0.9);
    GradientClipping value = new GradientClipping.Value(0.002);
    return Stream.concat(
        cells,
        Stream.of(
            configuration(mixed, Networks.ADAM, value),
            configuration(mixed, momentum, norm),
            configuration(mixed, new Optimizer.Sgd(0.1, 0), new GradientClipping.None())));
  }

  private static Configuration configuration(
      List<Layer> layers, Optimizer optimizer, GradientClipping clipping) {
    return Configurations.of(layers, LANES, 9, optimizer, clipping).with(compute(1));
  }

  /** Losses, norms, parameters, averages and carried state. */
  private static double[] results(CharacterNetwork network, List<Engine.Step> steps) {
    List<double[]> results = new ArrayList<>();
    steps.forEach(step -> results.add(new double[] {step.loss(), step.gradientNorm()}));
    results.add(network.params().dup().data().asDouble());
    if (network.updaterState() != null) {
      results.add(network.updaterState().dup().data().asDouble());
    }
    for (LayerState layer : network.engine().carriedState().layers()) {
      results.add(layer.hidden());
      results.add(layer.cell() == null ? new double[0] : layer.cell());
    }
    try (Engine.Session session = network.session(LANES)) {
      results.add(new double[] {session.score(TEXT.get(0)).nats()});
    }
    return results.stream().flatMapToDouble(DoubleStream::of).toArray();
  }

  private static List<Engine.Step> train(CharacterNetwork network, List<Segment> text) {
    return text.stream().map(segment -> network.step(segment, 0.05)).toList();
  }

  private static double[] trained(Configuration configuration, int workers) {
    return trained(network(configuration, workers));
  }

  private static double[] trained(CharacterNetwork network) {
    try (network) {
      return results(network, train(network, TEXT));
    }
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void anyNumberOfWorkersGivesTheBytesOfOneMachine(Configuration configuration) {
    double[] alone = trained(configuration, 0);
    for (int workers : new int[] {1, 2, 4}) {
      assertThat(trained(configuration, workers)).as("%d workers", workers).containsExactly(alone);
    }
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void anyNumberOfThreadsGivesTheBytesOfOneMachine(Configuration configuration) {
    double[] alone = trained(configuration, 0);
    for (int ranks : new int[] {1, 2, 4}) {
      double[] found = trained(threads(configuration, ranks));
      assertThat(found).as("%d ranks", ranks).containsExactly(alone);
    }
  }

  @Test
  void encryptedConnectionsGiveTheSameBytes() {
    Configuration configuration =
        configuration(List.of(Networks.mixed()), Networks.ADAM, new GradientClipping.Norm(0.05));
    CharacterNetwork network =
        network(
            configuration,
            opened ->
                ClusterEngine.create(
                    opened, new CpuEngineProvider(), compute(4), new LocalWorkers(true)));
    assertThat(network.engine().description())
        .startsWith("4 workers, cpu (")
        .endsWith(", encrypted connections, 4 lane groups)");
    assertThat(trained(network)).containsExactly(trained(configuration, 0));
  }

  @Test
  void theNumberOfWorkersMayChangeAtACheckpoint() {
    Configuration configuration =
        configuration(List.of(Networks.mixed()), Networks.ADAM, new GradientClipping.Norm(0.05));
    List<Engine.Step> steps = new ArrayList<>();
    CharacterNetwork last = null;
    int from = 0;
    for (int workers : new int[] {2, 4, 0, 1, 2}) {
      CharacterNetwork next = network(configuration, workers);
      if (last != null) {
        next.setParams(last.params());
        next.setUpdaterState(last.updaterState());
        next.engine().carriedState(last.engine().carriedState());
        next.getLayerWiseConfigurations().setIterationCount(last.getIterationCount());
        last.close();
      }
      int to = workers == 2 && from > 0 ? TEXT.size() : from + 1;
      steps.addAll(train(next, TEXT.subList(from, to)));
      from = to;
      last = next;
    }
    double[] changed = results(last, steps);
    last.close();
    assertThat(changed).containsExactly(trained(configuration, 0));
  }

  @Test
  void aLostWorkerEndsTheEngineAtOnce() {
    Configuration configuration =
        configuration(List.of(Networks.mixed()), Networks.ADAM, new GradientClipping.None());
    try (CharacterNetwork network = network(configuration, 2)) {
      train(network, TEXT.subList(0, 2));
      LocalWorkers.kill(1);
      long start = System.nanoTime();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  network.step(TEXT.get(0), 0.01);
                }
              })
          .isInstanceOf(WorkersLostException.class)
          .hasMessageContaining("worker");
      assertThat(System.nanoTime() - start).isLessThan(Link.LIMIT_MILLISECONDS * 1_000_000L);
    } catch (WorkersLostException e) {
      // closing reads the parameters
    }
  }

  @Test
  void aNetworkWhoseAveragesNoMessageHoldsIsRefused() {
    ClusterEngine.requireSendable(134_217_727, 2); // Adam
    ClusterEngine.requireSendable(268_435_455, 0);
    assertThatThrownBy(() -> ClusterEngine.requireSendable(134_217_728, 2))
        .isInstanceOf(ClusterException.class)
        .hasMessageContainingAll("at most 134,217,727 parameters", "134,217,728");
    assertThatThrownBy(() -> ClusterEngine.requireSendable(268_435_456, 0))
        .isInstanceOf(ClusterException.class);
  }
}
