package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import trainer.config.Layer.CellType;
import trainer.engine.CellFixture;
import trainer.engine.OneHotText;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.text.Segment;

/**
 * Why {@link CharacterNetwork} has its own training: {@link MultiLayerNetwork} of Deeplearning4j
 * 1.0.0-M2.1 computes wrong gradients from the second segment of a text on, because its backward
 * pass starts from zero state, and it resets the state between two calls of {@code fit}. If a later
 * release makes these tests fail, that reason is gone.
 */
class StockDeeplearning4jTest {
  private static final double EXACT = 1e-9;
  private static final double WRONG = 0.1;

  /** Keeps the gradient of every iteration. */
  private static final class Gradients extends BaseTrainingListener {
    private final List<INDArray> found = new ArrayList<>();

    @Override
    public void onGradientCalculation(Model model) {
      found.add(model.getGradientsViewArray().dup());
    }
  }

  private static CharacterNetwork exact(CellFixture fixture) {
    return fixture.network(DataType.DOUBLE, Nd4jEngine::new);
  }

  /** A stock network with the same parameters, which training leaves as they are. */
  private static MultiLayerNetwork stock(CharacterNetwork exact) {
    MultiLayerConfiguration configuration = exact.getLayerWiseConfigurations().clone();
    for (NeuralNetConfiguration layer : configuration.getConfs()) {
      ((BaseLayer) layer.getLayer()).setIUpdater(new Sgd(0));
    }
    MultiLayerNetwork stock = new MultiLayerNetwork(configuration);
    stock.init(exact.params().dup(), false);
    return stock;
  }

  private static List<DataSet> segments(CellFixture fixture) {
    List<DataSet> segments = new ArrayList<>();
    for (int i = 0; i < fixture.segments().size(); i++) {
      segments.add(OneHotText.dataSet(fixture.segment(i), fixture.vocabulary(), DataType.DOUBLE));
    }
    return segments;
  }

  /** All segments in one data set, which the network splits again. */
  private static DataSet wholeText(CellFixture fixture) {
    List<DataSet> parts = segments(fixture);
    return new DataSet(
        Nd4j.concat(2, parts.stream().map(DataSet::getFeatures).toArray(INDArray[]::new)),
        Nd4j.concat(2, parts.stream().map(DataSet::getLabels).toArray(INDArray[]::new)));
  }

  /** The largest error of the gradient of any array, relative to its norm, for each segment. */
  private static double[] errors(CellType cell) {
    CellFixture fixture = CellFixture.of(cell);
    CharacterNetwork exact = exact(fixture);
    MultiLayerNetwork stock = stock(exact);
    Gradients gradients = new Gradients();
    stock.setListeners(gradients);
    stock.fit(wholeText(fixture));

    assertThat(gradients.found).hasSize(fixture.segments().size());
    double[] errors = new double[gradients.found.size()];
    for (int i = 0; i < errors.length; i++) {
      Segment segment = fixture.segment(i);
      exact.engine().gradient(segment, i);
      List<INDArray> right =
          NamedParameters.gradients(exact).values().stream().map(INDArray::dup).toList();
      exact.getFlattenedGradients().assign(gradients.found.get(i).div(segment.characters()));
      List<INDArray> found = List.copyOf(NamedParameters.gradients(exact).values());
      for (int k = 0; k < right.size(); k++) {
        double error = norm(found.get(k).sub(right.get(k))) / norm(right.get(k));
        errors[i] = Math.max(errors[i], error);
      }
    }
    return errors;
  }

  private static double norm(INDArray vector) {
    return vector.norm2Number().doubleValue();
  }

  @ParameterizedTest
  @EnumSource(names = {"LSTM", "GRAVES_LSTM", "SIMPLE_RNN"})
  void gradientsAreWrongFromTheSecondSegmentOn(CellType cell) {
    double[] errors = errors(cell);
    assertThat(errors[0]).isLessThan(EXACT);
    assertThat(errors[1]).isGreaterThan(WRONG);
    assertThat(errors[2]).isGreaterThan(WRONG);
  }

  /** This project's layer starts the backward pass from the carried state. */
  @Test
  void thoseOfTheGruAreRightEvenThere() {
    assertThat(errors(CellType.GRU)).hasSize(3).containsExactly(new double[3], within(EXACT));
  }

  @ParameterizedTest
  @EnumSource
  void stateIsForgottenBetweenTwoDataSets(CellType cell) {
    CellFixture fixture = CellFixture.of(cell);
    MultiLayerNetwork stock = stock(exact(fixture));
    stock.fit(segments(fixture).get(0));
    stock.fit(segments(fixture).get(1));

    Segment second = fixture.segment(1);
    double loss = stock.score() / second.length(); // stock's is a sum over time
    double fromZeroState = exact(fixture).engine().gradient(second, 1).loss();
    double carriedOn = fixture.segments().get(1).get("loss").asDouble();
    assertThat(loss).isCloseTo(fromZeroState, within(EXACT));
    assertThat(loss).isNotCloseTo(carriedOn, within(1e-3));
  }
}
