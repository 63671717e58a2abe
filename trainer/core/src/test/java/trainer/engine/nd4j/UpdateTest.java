package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.GradientClipping;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.RandomText;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.text.Segment;

/** Updates against the formulas of their papers, element by element. */
class UpdateTest {
  private static final double TOLERANCE = 1e-14;
  private static final int STEPS = 4;

  private static CharacterNetwork network(Optimizer optimizer, GradientClipping clipping) {
    return Networks.nd4j(
        Configurations.of(List.of(Networks.mixed()), 3, 5, optimizer, clipping),
        7,
        DataType.DOUBLE);
  }

  private static CharacterNetwork network(Optimizer optimizer) {
    return network(optimizer, new GradientClipping.None());
  }

  /** An optimizer's rule for one parameter. */
  private interface Rule {
    /** The parameter after a step; t counts from 1. */
    double step(double parameter, double gradient, double rate, int t);
  }

  /** Applies an optimizer to random gradients, and its rule to one parameter after the other. */
  private static void check(Optimizer optimizer, Supplier<Rule> rules) {
    CharacterNetwork network = network(optimizer);
    int n = (int) network.numParams();
    double[] expected = network.params().data().asDouble();
    double[][] gradients = new double[STEPS][];
    for (int step = 0; step < STEPS; step++) {
      gradients[step] = new Random(step).doubles(n, -1, 1).toArray();
    }
    for (int i = 0; i < n; i++) {
      Rule rule = rules.get();
      for (int step = 0; step < STEPS; step++) {
        expected[i] = rule.step(expected[i], gradients[step][i], rate(step), step + 1);
      }
    }
    Update update = new Update(network);
    for (int step = 0; step < STEPS; step++) {
      network.getFlattenedGradients().assign(Nd4j.createFromArray(gradients[step]));
      update.apply(rate(step), step);
    }
    assertThat(network.params().data().asDouble()).containsExactly(expected, within(TOLERANCE));
  }

  private static double rate(int step) {
    return 0.01 / (step + 1);
  }

  @Test
  void adamIsThatOfKingmaAndBa() {
    check(
        new Optimizer.Adam(0.5, 0.8, 0.9, 1e-3),
        () ->
            new Rule() {
              double m;
              double v;

              @Override
              public double step(double w, double g, double rate, int t) {
                m = 0.8 * m + 0.2 * g;
                v = 0.9 * v + 0.1 * g * g;
                double mean = m / (1 - Math.pow(0.8, t));
                double square = v / (1 - Math.pow(0.9, t));
                return w - rate * mean / (Math.sqrt(square) + 1e-3);
              }
            });
  }

  @Test
  void rmsPropIsThatOfTielemanAndHinton() {
    check(
        new Optimizer.RmsProp(0.5, 0.9, 1e-3),
        () ->
            new Rule() {
              double v;

              @Override
              public double step(double w, double g, double rate, int t) {
                v = 0.9 * v + 0.1 * g * g;
                return w - rate * g / (Math.sqrt(v) + 1e-3);
              }
            });
  }

  @Test
  void momentumIsTheHeavyBall() {
    check(
        new Optimizer.Sgd(0.5, 0.7),
        () ->
            new Rule() {
              double velocity;

              @Override
              public double step(double w, double g, double rate, int t) {
                velocity = 0.7 * velocity + g;
                return w - rate * velocity;
              }
            });
  }

  @Test
  void withoutMomentumThereIsNoState() {
    check(new Optimizer.Sgd(0.5, 0), () -> (w, g, rate, t) -> w - rate * g);
    assertThat(network(new Optimizer.Sgd(0.5, 0)).updaterState()).isNull();
  }

  @Test
  void adamWDecaysMatricesAndNothingElse() {
    CharacterNetwork network = network(new Optimizer.AdamW(0.5, 0.9, 0.999, 1e-8, 0.25));
    network.params().assign(1);
    network.getFlattenedGradients().assign(0);
    new Update(network).apply(0.1, 0);

    Map<String, INDArray> parameters = NamedParameters.of(network);
    assertThat(parameters.keySet())
        .contains(
            "layer0.recurrent_weights.forget",
            "layer0.peephole.input",
            "layer2.recurrent_bias.candidate",
            "output.weights",
            "output.bias");
    parameters.forEach(
        (name, array) ->
            assertThat(array.dup().data().asDouble())
                .as(name)
                .containsOnly(name.contains("weights") ? 1 - 0.1 * 0.25 : 1));
  }

  @Test
  void adamWWithoutDecayIsAdam() {
    assertThat(trained(new Optimizer.AdamW(0.01, 0.9, 0.99, 1e-8, 0)))
        .isEqualTo(trained(new Optimizer.Adam(0.01, 0.9, 0.99, 1e-8)));
    assertThat(trained(new Optimizer.AdamW(0.01, 0.9, 0.99, 1e-8, 0.5)))
        .isNotEqualTo(trained(new Optimizer.Adam(0.01, 0.9, 0.99, 1e-8)));
  }

  private static double[] trained(Optimizer optimizer) {
    CharacterNetwork network = network(optimizer);
    RandomText.segments(7, 3, 1, 5, 5, 5).forEach(network::fit);
    return network.params().data().asDouble();
  }

  @Test
  void aLongGradientIsScaledDownToTheNorm() {
    double norm = network(new Optimizer.Sgd(1, 0)).engine().gradient(segment(), 0).gradientNorm();
    assertThat(norm).isGreaterThan(0.1);
    assertUpdate(new GradientClipping.Norm(0.1), gradient -> gradient * 0.1 / (norm + 1e-6));
    assertUpdate(new GradientClipping.Norm(1.001 * norm), gradient -> gradient);
    assertUpdate(new GradientClipping.None(), gradient -> gradient);
  }

  @Test
  void anElementIsCutAtTheValue() {
    assertUpdate(
        new GradientClipping.Value(0.01), gradient -> Math.max(-0.01, Math.min(0.01, gradient)));
  }

  /** Checks the change of each parameter by one step of plain descent at rate 1. */
  private static void assertUpdate(GradientClipping clipping, DoubleUnaryOperator clipped) {
    CharacterNetwork network = network(new Optimizer.Sgd(1, 0), clipping);
    network.engine().gradient(segment(), 0);
    network.engine().clearState();
    double[] gradient = network.getFlattenedGradients().dup().data().asDouble();
    double[] expected = network.params().dup().data().asDouble();
    for (int i = 0; i < expected.length; i++) {
      expected[i] -= clipped.applyAsDouble(gradient[i]);
    }
    network.engine().train(segment(), 1, 0);
    assertThat(network.params().data().asDouble()).containsExactly(expected, within(TOLERANCE));
  }

  private static Segment segment() {
    return RandomText.segments(7, 3, 1, 5).get(0);
  }

  @Test
  void theNormOfALongGradientIsExactInSinglePrecision() {
    CharacterNetwork network =
        Networks.nd4j(
            Networks.configuration(1, 1, Networks.two(CellType.LSTM, 200)), 50, DataType.FLOAT);
    Segment segment = RandomText.segments(50, 1, 1, 1).get(0);
    double norm = network.engine().gradient(segment, 0).gradientNorm();
    double exact =
        network.getFlattenedGradients().castTo(DataType.DOUBLE).norm2Number().doubleValue();
    assertThat(norm).isCloseTo(exact, within(1e-6 * exact));
  }
}
