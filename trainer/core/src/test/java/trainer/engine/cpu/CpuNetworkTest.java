package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static trainer.engine.cpu.RandomNetworks.ADAM;
import static trainer.engine.cpu.RandomNetworks.NO_CLIPPING;
import static trainer.engine.cpu.RandomNetworks.STACK;
import static trainer.engine.cpu.RandomNetworks.layers;
import static trainer.engine.cpu.RandomNetworks.network;
import static trainer.engine.cpu.RandomNetworks.plain;
import static trainer.engine.cpu.Tolerance.checkState;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.plain.PlainNetwork;
import trainer.engine.plain.PlainOptimizer;
import trainer.text.Segment;

/** Training of a network, against the plain network of the tests. */
final class CpuNetworkTest {
  @ParameterizedTest
  @CsvSource({
    // vocabulary, layers, lanes, steps, threads
    "1, simple_rnn:1, 1, 1, 1",
    "3, lstm:1, 1, 3, 2",
    "3, gru:1 gru:3, 3, 1, 4",
    "17, graves_lstm:3 graves_lstm:3, 17, 3, 4",
    "33, lstm:17 lstm:33, 3, 17, 1",
    "33, lstm:17 lstm:33, 3, 17, 2",
    "33, lstm:17 lstm:33, 3, 17, 3",
    "33, lstm:17 lstm:33, 3, 17, 4",
    "17, gru:33 gru:17, 17, 33, 1",
    "17, gru:33 gru:17, 17, 33, 2",
    "17, gru:33 gru:17, 17, 33, 3",
    "17, gru:33 gru:17, 17, 33, 4",
    "17, graves_lstm:33 graves_lstm:17, 1, 17, 3",
    "17, simple_rnn:33 simple_rnn:17, 33, 3, 3",
    "257, simple_rnn:17, 3, 3, 2",
    "3, lstm:257, 3, 3, 2",
    "3, gru:257 simple_rnn:1, 3, 3, 3",
    "17, simple_rnn:3 lstm:17 gru:1 graves_lstm:33, 3, 17, 2",
    "17, gru:17:0.5 lstm:33:0.25 graves_lstm:17:0.1, 3, 17, 1",
    "17, gru:17:0.5 lstm:33:0.25 graves_lstm:17:0.1, 3, 17, 3",
    "17, simple_rnn:33:0.9, 17, 17, 4"
  })
  void gradientsAndStateAreThoseOfThePlainNetwork(
      int vocabulary, String stack, int lanes, int steps, int threads) {
    NetworkShape shape = new NetworkShape(vocabulary, layers(stack));
    PlainNetwork plain = plain(shape, lanes);
    Random random = new Random(1);
    float[] gradient = new float[shape.parameters()];
    try (CpuNetwork network = network(shape, threads)) {
      // The second segment is shorter, the third longer than the first.
      for (int length : new int[] {steps, Math.max(1, steps / 2), steps + 1}) {
        Segment segment = RandomNetworks.segment(random, vocabulary, length, lanes);
        double loss = plain.gradient(segment, length, true);
        Engine.Step step = network.gradient(segment, length);
        assertThat(step.loss()).isCloseTo(loss, within(1e-6 * (1 + loss)));
        double norm = Math.sqrt(Arrays.stream(plain.gradient).map(g -> g * g).sum());
        assertThat(step.gradientNorm()).isCloseTo(norm, within(1e-6 + 1e-5 * norm));
        network.readGradient(gradient);
        Tolerance.GRADIENT.check(gradient, plain.gradient);
        checkState(network.carriedState(), plain.state);
      }
    }
  }

  @Test
  void openBlasComputesTheSame() {
    NetworkShape shape = new NetworkShape(17, STACK);
    PlainNetwork plain = plain(shape, 3);
    Segment segment = RandomNetworks.segment(new Random(1), 17, 17, 3);
    plain.gradient(segment, 0, true);
    CpuNetwork.Settings settings =
        new CpuNetwork.Settings(ADAM, NO_CLIPPING, 11, 2, 0, Precision.FLOAT32);
    try (CpuNetwork network = new CpuNetwork(shape, settings, new OpenBlasProducts())) {
      network.writeParameters(RandomNetworks.parameters(shape, 5));
      network.gradient(segment, 0);
      float[] gradient = new float[shape.parameters()];
      network.readGradient(gradient);
      Tolerance.GRADIENT.check(gradient, plain.gradient);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adam", "adamw", "rmsprop", "sgd", "momentum"})
  void trainingAppliesTheOptimizersOwnEquations(String name) {
    Optimizer optimizer =
        switch (name) {
          case "adam" -> new Optimizer.Adam(0.01, 0.8, 0.95, 1e-3);
          case "adamw" -> new Optimizer.AdamW(0.01, 0.8, 0.95, 1e-3, 0.3);
          case "rmsprop" -> new Optimizer.RmsProp(0.01, 0.9, 1e-3);
          case "sgd" -> new Optimizer.Sgd(0.5, 0);
          default -> new Optimizer.Sgd(0.5, 0.9);
        };
    NetworkShape shape = new NetworkShape(17, STACK);
    PlainNetwork plain = plain(shape, 3);
    GradientClipping.Norm clipping = new GradientClipping.Norm(0.05);
    PlainOptimizer rule = new PlainOptimizer(plain, optimizer);
    Random random = new Random(1);
    float[] parameters = new float[shape.parameters()];
    try (CpuNetwork network = network(shape, optimizer, clipping, 2)) {
      for (int i = 0; i < 4; i++) {
        Segment segment = RandomNetworks.segment(random, 17, 5, 3);
        double rate = 0.01 * (i + 1);
        plain.gradient(segment, i, true);
        double norm = Math.sqrt(Arrays.stream(plain.gradient).map(g -> g * g).sum());
        double scale = clipping.factor(norm);
        Arrays.setAll(plain.gradient, k -> plain.gradient[k] * scale);
        rule.apply(plain.parameters, plain.gradient, rate, i);
        network.train(segment, rate, i);
      }
      network.readParameters(parameters);
      Tolerance.UPDATED.check(parameters, plain.parameters);
    }
  }

  @Test
  void clippingByValueCutsEveryElement() {
    NetworkShape shape = new NetworkShape(17, STACK);
    PlainNetwork plain = plain(shape, 3);
    Segment segment = RandomNetworks.segment(new Random(1), 17, 5, 3);
    plain.gradient(segment, 0, true);
    double[] expected = new double[shape.parameters()];
    double norm = Math.sqrt(Arrays.stream(plain.gradient).map(g -> g * g).sum());
    Arrays.setAll(
        expected, i -> plain.parameters[i] - Math.max(-0.003, Math.min(0.003, plain.gradient[i])));
    float[] parameters = new float[shape.parameters()];
    try (CpuNetwork network =
        network(shape, new Optimizer.Sgd(1, 0), new GradientClipping.Value(0.003), 2)) {
      Engine.Step step = network.train(segment, 1, 0);
      assertThat(step.gradientNorm()).isCloseTo(norm, within(1e-6));
      network.readParameters(parameters);
      Tolerance.UPDATED.check(parameters, expected);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 7})
  void trainingRepeatsBitForBit(int threads) {
    NetworkShape shape = new NetworkShape(33, STACK);
    assertThat(trained(shape, threads)).containsExactly(trained(shape, threads));
  }

  private static float[] trained(NetworkShape shape, int threads) {
    try (CpuNetwork network = network(shape, threads)) {
      Random random = new Random(1);
      for (int i = 0; i < 10; i++) {
        network.train(RandomNetworks.segment(random, 33, 17, 5), 0.01, i);
      }
      float[] parameters = new float[shape.parameters()];
      network.readParameters(parameters);
      return parameters;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 3"})
  void anotherNetworkContinuesExactlyFromTheReadVectors(int threads, int sameThreads) {
    NetworkShape shape = new NetworkShape(33, STACK);
    float[] parameters = new float[shape.parameters()];
    Random random = new Random(1);
    List<Segment> text = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      text.add(RandomNetworks.segment(random, 33, 9, 5));
    }
    float[] through = new float[shape.parameters()];
    try (CpuNetwork first = network(shape, threads);
        CpuNetwork second = network(shape, sameThreads)) {
      for (int i = 0; i < 4; i++) {
        first.train(text.get(i), 0.01, i);
      }
      float[] updater = new float[first.updaterLength()];
      first.readParameters(parameters);
      first.readUpdater(updater);
      CarriedState state = first.carriedState();
      second.writeParameters(parameters);
      second.writeUpdater(updater);
      second.carriedState(state);
      for (int i = 4; i < 8; i++) {
        first.train(text.get(i), 0.01, i);
        second.train(text.get(i), 0.01, i);
      }
      first.readParameters(through);
      second.readParameters(parameters);
    }
    assertThat(parameters).containsExactly(through);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void parametersAndUpdaterComeOutAsTheyWentIn(int threads) {
    NetworkShape shape = new NetworkShape(5, layers("gru:3 simple_rnn:2 graves_lstm:5 lstm:1"));
    try (CpuNetwork network = network(shape, threads)) {
      float[] in = new float[shape.parameters()];
      float[] out = new float[shape.parameters()];
      for (int i = 0; i < in.length; i++) {
        in[i] = i;
      }
      network.writeParameters(in);
      network.readParameters(out);
      assertThat(out).containsExactly(in);
      float[] updaterIn = new float[network.updaterLength()];
      float[] updaterOut = new float[network.updaterLength()];
      assertThat(updaterIn).hasSize(2 * in.length);
      for (int i = 0; i < updaterIn.length; i++) {
        updaterIn[i] = i;
      }
      network.writeUpdater(updaterIn);
      network.readUpdater(updaterOut);
      assertThat(updaterOut).containsExactly(updaterIn);
    }
  }

  @Test
  void everythingFadesWithoutDenormalNumbers() {
    // Forget gates near 0, and characters that no longer occur.
    NetworkShape shape = new NetworkShape(40, layers("lstm:16 gru:16"));
    float[] parameters = new float[shape.parameters()];
    float[] updater;
    try (CpuNetwork network = network(shape, 2)) {
      network.train(RandomNetworks.segment(new Random(1), 40, 20, 4), 0.01, 0);
      for (int i = 1; i < 1500; i++) {
        network.train(RandomNetworks.segment(new Random(i), 3, 3, 4), 0.01, i);
      }
      updater = new float[network.updaterLength()];
      network.readUpdater(updater);
      network.readParameters(parameters);
    }
    for (float[] values : List.of(updater, parameters)) {
      for (float value : values) {
        assertThat(value == 0 || Math.abs(value) >= Float.MIN_NORMAL).isTrue();
      }
    }
  }

  @Test
  void misfitsAreRefusedWithTheReason() {
    NetworkShape shape = new NetworkShape(17, STACK);
    try (CpuNetwork network = network(shape, 2)) {
      network.gradient(new Segment(3, 4), 0);
      assertThatThrownBy(() -> network.gradient(new Segment(3, 5), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("5 lanes, the carried state has 4");
      assertThatThrownBy(() -> network.writeParameters(new float[3]))
          .hasMessageContaining("3 elements where the network has " + shape.parameters());
      CarriedState other = CarriedState.zero(layers("lstm:17 gru:33 graves_lstm:4"), 2);
      assertThatThrownBy(() -> network.carriedState(other))
          .hasMessageContaining("layer 2 does not fit");
    }
  }

  @Test
  void aClosedNetworkRefusesToCompute() {
    CpuNetwork network = network(new NetworkShape(17, STACK), 2);
    Engine.Session session = network.session(1);
    session.next(new int[1]);
    network.close();
    network.close();
    assertThatThrownBy(() -> session.next(new int[1]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the session is closed");
    List<ThrowingCallable> calls =
        List.of(
            () -> network.train(new Segment(1, 1), 0.1, 0),
            network::carriedState,
            network::clearState,
            () -> network.readParameters(new float[network.shape().parameters()]),
            () -> network.readGradient(new float[network.shape().parameters()]),
            () -> network.writeUpdater(new float[network.updaterLength()]),
            () -> network.readUpdater(new float[network.updaterLength()]));
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the engine is closed");
    }
  }
}
