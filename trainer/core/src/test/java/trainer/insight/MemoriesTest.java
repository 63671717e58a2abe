package trainer.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.insight.Memories.LayerMemory;
import trainer.training.StopSignal;

/** Hidden states, memories, gates and their gradients are those of the reference cells. */
final class MemoriesTest {
  private static final int VOCABULARY = 7;
  private static final float PRECISION = Math.ulp(1f); // states are kept in float32

  static Stream<List<Layer>> networks() {
    return Stream.concat(
        Stream.of(CellType.values()).map(cell -> List.of(Networks.two(cell, 5))),
        Stream.of(List.of(Networks.mixed())));
  }

  private static int[] text(int length) {
    return new Random(3).ints(length, 0, VOCABULARY).toArray();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void statesAreThoseOfTheReference(List<Layer> layers) {
    Reference reference = new Reference(VOCABULARY, layers.toArray(Layer[]::new));
    int[] text = text(150); // more than are computed at a time

    Memories memories = Memories.of(reference.weights, text, new StopSignal());

    List<CarriedState> expected = reference.states(text);
    for (int t = 0; t < text.length; t++) {
      for (int l = 0; l < layers.size(); l++) {
        LayerMemory memory = memories.layers().get(l);
        LayerState state = expected.get(t + 1).layers().get(l);
        for (int u = 0; u < memory.size(); u++) {
          int at = t * memory.size() + u;
          assertThat((double) memory.hidden()[at])
              .isCloseTo(state.hidden()[u], within((double) PRECISION));
          if (state.cell() != null) {
            assertThat((double) memory.cell()[at])
                .isCloseTo(state.cell()[u], within(PRECISION * (1 + Math.abs(state.cell()[u]))));
          }
        }
      }
    }
  }

  /** The equations of the cells hold between the gates and the states of two steps. */
  @ParameterizedTest
  @MethodSource("networks")
  void gatesMakeTheStates(List<Layer> layers) {
    Reference reference = new Reference(VOCABULARY, layers.toArray(Layer[]::new));
    int[] text = text(40);
    Memories memories = Memories.of(reference.weights, text, new StopSignal());
    List<CarriedState> states = reference.states(text);
    for (int l = 0; l < layers.size(); l++) {
      LayerMemory memory = memories.layers().get(l);
      LayerWeights weights = reference.weights.layers().get(l);
      for (int t = 1; t < text.length; t++) {
        double[] input = l == 0 ? oneHot(text[t]) : states.get(t + 1).layers().get(l - 1).hidden();
        LayerState before = states.get(t).layers().get(l);
        LayerState after = states.get(t + 1).layers().get(l);
        for (int g = 0; g < memory.gates().size(); g++) {
          String name = memory.gateNames().get(g);
          int block = weights.layout().gates().indexOf(name) * memory.size();
          int peephole = weights.layout().peepholes().indexOf(name);
          for (int u = 0; u < memory.size(); u++) {
            double sum = weights.bias()[block + u];
            for (int i = 0; i < input.length; i++) {
              sum += input[i] * weights.input()[i][block + u];
            }
            for (int i = 0; i < memory.size(); i++) {
              sum += before.hidden()[i] * weights.recurrent()[i][block + u];
            }
            if (peephole >= 0) {
              double c = "output".equals(name) ? after.cell()[u] : before.cell()[u];
              sum += weights.peepholes()[peephole][u] * c;
            }
            assertThat((double) memory.gates().get(g)[t * memory.size() + u])
                .as("layer %d, %s, unit %d, character %d", l, name, u, t)
                .isCloseTo(1 / (1 + Math.exp(-sum)), within((double) PRECISION));
          }
        }
      }
    }
  }

  private static double[] oneHot(int character) {
    double[] input = new double[VOCABULARY];
    input[character] = 1;
    return input;
  }

  @Test
  void thePartOfAPeepholeIsZeroWhereItIs() {
    Reference reference = new Reference(VOCABULARY, new Layer(CellType.GRAVES_LSTM, 4, 0));
    LayerWeights layer = reference.weights.layers().get(0);
    layer.peepholes()[0][1] = 0; // forget
    layer.peepholes()[1][2] = 1e6; // output
    Memories memories = Memories.of(reference.weights, text(50), new StopSignal());

    double[][] shares = memories.layers().get(0).peepholeShares();

    assertThat(memories.layers().get(0).gateNames()).containsExactly("forget", "input", "output");
    assertThat(shares[0][1]).isZero();
    assertThat(shares[0][0]).isStrictlyBetween(0.0, 1.0);
    assertThat(shares[2][2]).isStrictlyBetween(0.99, 1.0);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theGradientOverLagEqualsFiniteDifferences(List<Layer> layers) {
    Reference reference = new Reference(VOCABULARY, layers.toArray(Layer[]::new));
    int[] text = text(7);
    boolean[] known = new boolean[text.length];
    Arrays.fill(known, true);
    Memories memories = Memories.of(reference.weights, text, new StopSignal());

    MemoryOverLag found =
        MemoryOverLag.of(reference.weights, text, known, memories, new StopSignal());

    assertThat(found.lags()).isEqualTo(3);
    assertThat(found.places()).isEqualTo(4);
    List<CarriedState> states = reference.states(text);
    int[] places = MemoryOverLag.places(text.length, found.lags(), known);
    for (int lag = 1; lag <= found.lags(); lag++) {
      for (int l = 0; l < layers.size(); l++) {
        double hidden = 0;
        double cell = 0;
        for (int place : places) {
          int[] read = Arrays.copyOfRange(text, place - lag + 1, place + 1);
          CarriedState before = states.get(place - lag + 1);
          hidden += norm(reference, before, before.layers().get(l).hidden(), read);
          cell += norm(reference, before, before.layers().get(l).cell(), read);
        }
        var gradient = found.layers().get(l);
        String place = "layer %d, lag %d".formatted(l, lag);
        assertClose(place, gradient.hidden()[lag - 1], hidden / places.length);
        if (gradient.cell() != null) {
          assertClose(place + ", cell", gradient.cell()[lag - 1], cell / places.length);
        }
      }
    }
  }

  private static void assertClose(String place, double found, double expected) {
    assertThat(found).as(place).isCloseTo(expected, within(16 * PRECISION * (1 + expected)));
  }

  /** The norm of the gradient by some elements of a state, by central differences. */
  private static double norm(
      Reference reference, CarriedState before, double[] elements, int... read) {
    if (elements == null) {
      return 0;
    }
    double step = 1e-5; // error about step² and 2⁻⁵³ / step
    double square = 0;
    for (int i = 0; i < elements.length; i++) {
      double value = elements[i];
      elements[i] = value + step;
      double above = reference.loss(before, read);
      elements[i] = value - step;
      double below = reference.loss(before, read);
      elements[i] = value;
      square += Math.pow((above - below) / (2 * step), 2);
    }
    return Math.sqrt(square);
  }
}
