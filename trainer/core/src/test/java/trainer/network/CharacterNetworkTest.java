package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;
import trainer.Networks;
import trainer.datavec.CharacterIterator;
import trainer.engine.Engine;
import trainer.engine.OneHotText;
import trainer.engine.RandomText;
import trainer.text.EncodedText;
import trainer.text.Lanes;
import trainer.text.Segment;
import trainer.text.Split;
import trainer.text.Texts;

/** Training through Deeplearning4j's methods. */
class CharacterNetworkTest {
  private static final int LANES = 3;
  private static final int LENGTH = 5;
  private static final int VOCABULARY = 7;
  private static final String ONE = " exactly one 1 for each lane and step, zeros elsewhere";
  private static final EncodedText TEXT =
      Texts.encoded("so long as men can breathe, or eyes can see, so long lives this. ".repeat(2));

  private static CharacterNetwork network(int vocabulary) {
    return Networks.nd4j(
        Networks.configuration(LANES, LENGTH, Networks.mixed()), vocabulary, DataType.FLOAT);
  }

  private static double[] numbers(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup().data().asDouble();
  }

  private static Segment segment(int length) {
    return RandomText.segments(VOCABULARY, LANES, 6, length).get(0);
  }

  private static DataSet dataSet(Segment segment) {
    return OneHotText.dataSet(segment, VOCABULARY, DataType.FLOAT);
  }

  @Test
  void anEpochOfDataSetsIsAnEpochOfSegments() {
    Lanes lanes = Lanes.training(TEXT, Split.whole("training", TEXT), LANES, LENGTH);
    int vocabulary = TEXT.vocabulary().size();
    CharacterNetwork bySegment = network(vocabulary);
    for (int epoch = 0; epoch < 2; epoch++) {
      bySegment.engine().clearState();
      for (long k = 0; k < lanes.segments(); k++) {
        bySegment.fit(lanes.read(k));
      }
    }
    CharacterNetwork byIterator = network(vocabulary);
    byIterator.fit(new CharacterIterator(lanes), 2);

    assertThat(numbers(byIterator.params())).isEqualTo(numbers(bySegment.params()));
    assertThat(numbers(byIterator.updaterState())).isEqualTo(numbers(bySegment.updaterState()));
    assertThat(byIterator.getIterationCount()).isEqualTo((int) (2 * lanes.segments()));
    assertThat(byIterator.getEpochCount()).isEqualTo(2);
  }

  @Test
  void aLongDataSetIsCutIntoSegments() {
    CharacterNetwork expected = network(VOCABULARY);
    RandomText.segments(VOCABULARY, LANES, 6, 5, 5, 2).forEach(expected::fit);
    CharacterNetwork network = network(VOCABULARY);
    network.fit(dataSet(segment(12)));

    assertThat(network.getIterationCount()).isEqualTo(3);
    assertThat(numbers(network.params())).isEqualTo(numbers(expected.params()));
    assertThat(network.score()).isEqualTo(expected.score());
  }

  @Test
  void stateIsCarriedFromOneDataSetToTheNext() {
    DataSet second = dataSet(RandomText.segments(VOCABULARY, LANES, 6, LENGTH, LENGTH).get(1));
    CharacterNetwork network = network(VOCABULARY);
    network.setLearningRate(0.0);
    network.fit(dataSet(segment(LENGTH)));
    network.fit(second);
    double carriedOn = network.score();

    network.getLayerWiseConfigurations().setIterationCount(1); // for the same dropout
    network.engine().clearState();
    network.fit(second);
    assertThat(network.score()).isNotCloseTo(carriedOn, within(1e-4));
  }

  @Test
  void listenersHearOfEveryIterationAndEpoch() {
    List<String> heard = new ArrayList<>();
    CharacterNetwork network = network(TEXT.vocabulary().size());
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onEpochStart(Model model) {
            heard.add("start");
          }

          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            assertThat(model.score()).isPositive();
            heard.add(iteration + " of epoch " + epoch);
          }

          @Override
          public void onEpochEnd(Model model) {
            heard.add("end");
          }
        });
    Lanes twoSegments = Lanes.training(TEXT, new Split("training", 0, 3 * 11), LANES, LENGTH);
    network.fit(new CharacterIterator(twoSegments), 2);
    assertThat(heard)
        .containsExactly(
            "start",
            "1 of epoch 0",
            "2 of epoch 0",
            "end",
            "start",
            "3 of epoch 1",
            "4 of epoch 1",
            "end");
  }

  @Test
  void theScoreOfADataSetIsTheMeanLossFromZeroState() {
    CharacterNetwork network = network(VOCABULARY);
    Segment segment = segment(11);
    network.fit(segment(LENGTH));
    try (Engine.Session session = network.engine().session(LANES)) {
      assertThat(network.score(dataSet(segment)))
          .isCloseTo(session.score(segment).loss(), within(1e-6));
    }
  }

  @Test
  void theGradientIsThatOfTheSegment() {
    CharacterNetwork network = network(VOCABULARY);
    DataSet data = dataSet(segment(11));
    network.setInput(data.getFeatures());
    network.setLabels(data.getLabels());
    network.computeGradientAndScore();

    CharacterNetwork expected = network(VOCABULARY);
    Engine.Step step = expected.engine().gradient(segment(11), 0);
    assertThat(network.score()).isEqualTo(step.loss());
    assertThat(numbers(network.gradient().gradient()))
        .isEqualTo(numbers(expected.getFlattenedGradients()));
    assertThat(network.gradient().gradientForVariable().keySet())
        .isEqualTo(network.paramTable().keySet());
    network
        .gradient()
        .gradientForVariable()
        .forEach(
            (key, array) ->
                assertThat(array.length()).as(key).isEqualTo(network.getParam(key).length()));
  }

  @Test
  void theLearningRateIsTheOneThatWasSetLast() {
    CharacterNetwork network = network(VOCABULARY);
    assertThat(network.learningRate()).isEqualTo(0.01);
    network.setLearningRate(iteration -> 0.5 / (iteration + 1));
    assertThat(network.learningRate()).isEqualTo(0.5);
    network.fit(segment(LENGTH));
    assertThat(network.learningRate()).isEqualTo(0.25);

    network.setLearningRate(0.0);
    double[] before = numbers(network.params());
    network.fit(segment(LENGTH));
    assertThat(numbers(network.params())).isEqualTo(before);

    network.setLearningRate(new StepSchedule(ScheduleType.ITERATION, 0.8, 0.5, 1));
    assertThat(network.getLearningRate(0)).isEqualTo(0.8 * 0.25);
    network.fit(segment(LENGTH));
    assertThat(numbers(network.params())).isNotEqualTo(before);
  }

  @Test
  void aLearningRateForOneLayerIsRefused() {
    CharacterNetwork network = network(VOCABULARY);
    StepSchedule schedule = new StepSchedule(ScheduleType.EPOCH, 1, 1, 1);
    String message = "all layers have the same learning rate; set it without naming a layer";
    assertThatThrownBy(() -> network.setLearningRate(0, 0.1)).hasMessage(message);
    assertThatThrownBy(() -> network.setLearningRate(0, schedule)).hasMessage(message);
  }

  @Test
  void clearingTheStateOfRnnTimeStepDoesNotChangeTraining() {
    CharacterNetwork network = network(VOCABULARY);
    INDArray step = dataSet(segment(1)).getFeatures();
    network.fit(segment(LENGTH));
    double[] carried = network.engine().carriedState().layers().get(0).hidden();

    double[] first = numbers(network.rnnTimeStep(step));
    assertThat(numbers(network.rnnTimeStep(step))).isNotEqualTo(first);
    network.rnnClearPreviousState();
    assertThat(numbers(network.rnnTimeStep(step))).isEqualTo(first);
    assertThat(network.engine().carriedState().layers().get(0).hidden()).isEqualTo(carried);
  }

  @Test
  void masksAreRefused() {
    CharacterNetwork network = network(VOCABULARY);
    DataSet data = dataSet(segment(LENGTH));
    data.setLabelsMaskArray(Nd4j.ones(DataType.FLOAT, LANES, LENGTH));
    assertThatThrownBy(() -> network.fit(data))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("masks are not supported: every character of a segment counts");
  }

  @Test
  void otherThanOneHotIsRefused() {
    INDArray right = dataSet(segment(LENGTH)).getFeatures();
    assertRefused(right.mul(2), right, "features must be one-hot:" + ONE);
    assertRefused(right, right.mul(0.5), "labels must be one-hot:" + ONE);
    assertRefused(right, Nd4j.zerosLike(right), "labels must be one-hot:" + ONE);
    INDArray twoOnes = right.dup();
    twoOnes.putSlice(0, Nd4j.ones(DataType.FLOAT, VOCABULARY, LENGTH));
    assertRefused(twoOnes, right, "features must be one-hot:" + ONE);
  }

  private static void assertRefused(INDArray features, INDArray labels, String message) {
    CharacterNetwork network = network(VOCABULARY);
    assertThatThrownBy(() -> network.fit(features, labels))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(network.getIterationCount()).isZero();
  }

  @Test
  void otherShapesAreRefused() {
    INDArray right = dataSet(segment(LENGTH)).getFeatures();
    INDArray longer = dataSet(segment(LENGTH + 1)).getLabels();
    INDArray flat = Nd4j.ones(DataType.FLOAT, 3, 7);
    CharacterNetwork network = network(VOCABULARY);
    String shape = "must be one-hot characters [lanes, vocabulary, steps], not ";
    assertThatThrownBy(() -> network.fit(flat, right))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("features " + shape + flat.shapeInfoToString());
    assertThatThrownBy(() -> network.fit(right, null, null, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("labels " + shape + "null");
    assertThatThrownBy(() -> network.fit(right, longer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "features %s and labels %s differ in shape",
            right.shapeInfoToString(), longer.shapeInfoToString());
  }

  /** It has 16,842,495 zeros, a count that a float cannot represent. */
  @Test
  void aVeryLargeDataSetIsStillOneHot() {
    Segment segment = RandomText.segments(256, 257, 1, 257).get(0);
    DataSet data = OneHotText.dataSet(segment, 256, DataType.FLOAT);
    List<Segment> segments = OneHot.segments(data.getFeatures(), data.getLabels(), 1000);
    assertThat(segments).hasSize(1);
    assertThat(segments.get(0).inputs()).isEqualTo(segment.inputs());
    assertThat(segments.get(0).targets()).isEqualTo(segment.targets());
  }
}
