package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static trainer.engine.cpu.RandomNetworks.STACK;
import static trainer.engine.cpu.RandomNetworks.network;
import static trainer.engine.cpu.RandomNetworks.plain;
import static trainer.engine.cpu.Tolerance.checkState;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Compute.Precision;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.plain.PlainNetwork;
import trainer.text.Segment;

/** Sessions of a network, during its training. */
final class CpuNetworkSessionTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void sessionScoresAsThePlainNetworkWithoutDropoutAndLeavesTrainingAlone(int threads) {
    NetworkShape shape = new NetworkShape(17, STACK);
    PlainNetwork plain = plain(shape, 5);
    Random random = new Random(1);
    try (CpuNetwork network = network(shape, threads);
        Engine.Session session = network.session(5)) {
      Segment training = RandomNetworks.segment(random, 17, 4, 3);
      network.gradient(training, 0);
      CarriedState carried = network.carriedState();
      // Longer than one product, then the shorter last one of a text.
      for (int length : new int[] {37, 37, 11, 1}) {
        Segment segment = RandomNetworks.segment(random, 17, length, 5);
        double loss = plain.gradient(segment, 0, false);
        Engine.Score score = session.score(segment);
        assertThat(score.characters()).isEqualTo(length * 5L);
        assertThat(score.loss()).isCloseTo(loss, within(1e-6 * (1 + loss)));
      }
      checkState(network.carriedState(), carried);
      session.clear();
      plain.state = CarriedState.zero(shape.layers(), 5);
      Segment segment = RandomNetworks.segment(random, 17, 3, 5);
      assertThat(session.score(segment).loss())
          .isCloseTo(plain.gradient(segment, 0, false), within(3e-6));
    }
  }

  @Test
  void sessionCountsTheTargetsThatWereMostProbable() {
    NetworkShape shape = new NetworkShape(17, STACK);
    try (CpuNetwork network = network(shape, 2);
        Engine.Session session = network.session(3);
        Engine.Session single = network.session(3)) {
      Segment segment = RandomNetworks.segment(new Random(1), 17, 20, 3);
      long correct = 0;
      double nats = 0;
      for (int t = 0; t < 20; t++) {
        float[] next = single.next(Arrays.copyOfRange(segment.inputs(), t * 3, t * 3 + 3));
        for (int b = 0; b < 3; b++) {
          int target = segment.targets()[t * 3 + b];
          int best = 0;
          for (int c = 1; c < 17; c++) {
            best = next[b * 17 + c] > next[b * 17 + best] ? c : best;
          }
          correct += best == target ? 1 : 0;
          nats -= next[b * 17 + target];
        }
      }
      Engine.Score score = session.score(segment);
      assertThat(correct).isBetween(1L, 59L);
      assertThat(score.correct()).isEqualTo(correct);
      assertThat(score.nats()).isCloseTo(nats, within(1e-4));
    }
  }

  @Test
  void sessionContinuesCharacterByCharacterAfterScoring() {
    NetworkShape shape = new NetworkShape(17, STACK);
    Segment segment = RandomNetworks.segment(new Random(1), 17, 6, 1);
    try (CpuNetwork network = network(shape, 2);
        Engine.Session primed = network.session(1);
        Engine.Session single = network.session(1)) {
      primed.score(segment);
      for (int t = 0; t < 6; t++) {
        single.next(new int[] {segment.inputs()[t]});
      }
      float[] expected = single.next(new int[] {3}).clone();
      assertThat(primed.next(new int[] {3})).containsExactly(expected, within(2e-6f));
      double total = 0;
      for (float logarithm : expected) {
        total += Math.exp(logarithm);
      }
      assertThat(total).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void sessionUsesTheCurrentParameters() {
    NetworkShape shape = new NetworkShape(17, STACK);
    Segment segment = RandomNetworks.segment(new Random(1), 17, 6, 3);
    try (CpuNetwork network = network(shape, 2);
        Engine.Session before = network.session(3)) {
      double untrained = before.score(segment).loss();
      for (int i = 0; i < 20; i++) {
        network.train(segment, 0.01, i);
      }
      before.clear();
      double trained = before.score(segment).loss();
      assertThat(trained).isLessThan(untrained);
      try (Engine.Session after = network.session(3)) {
        assertThat(after.score(segment).loss()).isEqualTo(trained);
      }
    }
  }

  /** Products of which one cannot be prepared. */
  private static Products failing(Products products, AtomicInteger left) {
    return (Products)
        Proxy.newProxyInstance(
            Products.class.getClassLoader(),
            new Class<?>[] {Products.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("prepare") && left.getAndDecrement() == 0) {
                throw new OutOfMemoryError("planned");
              }
              return method.invoke(products, arguments);
            });
  }

  @Test
  void aSessionThatFoundTooLittleMemoryGoesOnWhereItWas() {
    NetworkShape shape = new NetworkShape(17, STACK);
    CpuNetwork.Settings settings =
        new CpuNetwork.Settings(
            RandomNetworks.ADAM, RandomNetworks.NO_CLIPPING, 1, 1, 3, Precision.FLOAT32);
    AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
    Segment segment = RandomNetworks.segment(new Random(1), 17, 4, 3);
    int[] next = {1, 2, 3};
    try (CpuNetwork network =
        new CpuNetwork(shape, settings, failing(Products.best(Precision.FLOAT32), left))) {
      network.writeParameters(RandomNetworks.parameters(shape, 1));
      try (Engine.Session whole = network.session(3);
          Engine.Session session = network.session(3)) {
        whole.score(segment);
        float[] expected = whole.next(next).clone();
        session.score(segment);
        left.set(2 * STACK.size()); // in the second of three passes
        assertThatThrownBy(() -> session.next(next)).isInstanceOf(OutOfMemoryError.class);
        left.set(Integer.MAX_VALUE);
        assertThat(session.next(next)).isEqualTo(expected);
      }
    }
  }
}
