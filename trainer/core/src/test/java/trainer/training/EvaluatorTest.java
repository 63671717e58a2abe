package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Engine.Score;
import trainer.network.CharacterNetwork;
import trainer.text.EncodedText;
import trainer.text.Lanes;
import trainer.text.Segment;
import trainer.text.Split;
import trainer.text.Texts;

class EvaluatorTest {
  private static final EncodedText TEXT =
      Texts.encoded("when i do count the clock that tells the time, and see the brave day sunk");
  private static final Split WHOLE = Split.whole("validation", TEXT);
  private static final int VOCABULARY = TEXT.vocabulary().size();

  private static CharacterNetwork network() {
    return Networks.nd4j(
        Networks.configuration(3, 5, Networks.mixed()), VOCABULARY, DataType.DOUBLE);
  }

  private static Score evaluate(CharacterNetwork network, int lanes, int length) {
    return new Evaluator(network.engine(), Lanes.evaluation(TEXT, WHOLE, lanes, length))
        .evaluate(new StopSignal())
        .orElseThrow();
  }

  @Test
  void theUniformLossIsTheLogarithmOfTheVocabularySize() {
    CharacterNetwork network = network();
    network.params().assign(0);
    Score score = evaluate(network, 4, 5);
    assertThat(score.loss()).isCloseTo(Math.log(VOCABULARY), within(1e-14));
  }

  @Test
  void theLossOfUnigramProbabilitiesIsTheirEntropy() {
    CharacterNetwork network = network();
    network.params().assign(0);
    INDArray scores = network.outputParameters().bias();
    scores.putScalar(0, TEXT.vocabulary().index('t'), Math.log(3)); // 3 of V + 2, the others 1
    long count = 0;
    for (long i = 1; i < TEXT.length(); i++) {
      count += TEXT.at(i) == TEXT.vocabulary().index('t') ? 1 : 0;
    }
    Score score = evaluate(network, 1, 7);
    double nats = score.characters() * Math.log(VOCABULARY + 2.0) - count * Math.log(3);
    assertThat(count).isGreaterThan(5);
    assertThat(score.nats()).isCloseTo(nats, within(1e-12));
    assertThat(score.correct()).isEqualTo(count);
  }

  @Test
  void everyCharacterButTheFirstIsScoredOnceInOneLane() {
    assertThat(evaluate(network(), 1, 1_000).characters()).isEqualTo(TEXT.length() - 1);
    assertThat(evaluate(network(), 1, 5).characters()).isEqualTo(TEXT.length() - 1);
    Lanes lanes = Lanes.evaluation(TEXT, WHOLE, 4, 5);
    assertThat(evaluate(network(), 4, 5).characters()).isEqualTo(lanes.characters());
  }

  @Test
  void stateIsCarriedFromSegmentToSegment() {
    Score whole = evaluate(network(), 1, 1_000);
    Score cut = evaluate(network(), 1, 5);
    assertThat(cut.nats()).isCloseTo(whole.nats(), within(1e-11));
    assertThat(cut.correct()).isEqualTo(whole.correct());
  }

  @Test
  void everyEvaluationStartsFromZeroState() {
    CharacterNetwork network = network();
    Evaluator evaluator = new Evaluator(network.engine(), Lanes.evaluation(TEXT, WHOLE, 2, 6));
    Score first = evaluator.evaluate(new StopSignal()).orElseThrow();
    assertThat(evaluator.evaluate(new StopSignal())).contains(first);
  }

  @Test
  void trainingIsUnaffected() {
    CharacterNetwork network = network();
    Lanes training = Lanes.training(TEXT, WHOLE, 3, 5);
    Segment segment = training.read(0);
    network.fit(segment);
    CarriedState before = network.engine().carriedState();
    evaluate(network, 3, 5);
    assertThat(network.engine().carriedState()).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void aStopEndsItWithoutAScore() {
    Engine engine = network().engine();
    StopSignal stop = new StopSignal();
    stop.request("SIGTERM");
    assertThat(new Evaluator(engine, Lanes.evaluation(TEXT, WHOLE, 1, 5)).evaluate(stop)).isEmpty();
  }
}
