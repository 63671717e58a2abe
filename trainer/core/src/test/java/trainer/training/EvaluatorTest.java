package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Engine.Score;
import trainer.engine.Inference;
import trainer.engine.cpu.CpuEngine;
import trainer.engine.cpu.CpuLibrary;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.text.EncodedText;
import trainer.text.EvaluationLanes;
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

  private static Score evaluate(CharacterNetwork network, EncodedText text) {
    EvaluationLanes lanes = new EvaluationLanes(text, Split.whole("validation", text));
    return new Evaluator(network.engine(), lanes).evaluate(new StopSignal()).orElseThrow();
  }

  /** One pass over the text in one lane. */
  private static Score onePass(CharacterNetwork network, EncodedText text) {
    Score score = new Score(0, 0, 0);
    try (Engine.Session session = network.engine().session(1)) {
      for (long from = 0; from + 1 < text.length(); from += 500) {
        int length = (int) Math.min(500, text.length() - 1 - from);
        Segment segment = new Segment(length, 1);
        text.read(from, length, segment.inputs(), 0, 1);
        text.read(from + 1, length, segment.targets(), 0, 1);
        score = score.plus(session.score(segment));
      }
    }
    return score;
  }

  @Test
  void theUniformLossIsTheLogarithmOfTheVocabularySize() {
    CharacterNetwork network = network();
    network.params().assign(0);
    Score score = evaluate(network, TEXT);
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
    Score score = evaluate(network, TEXT);
    double nats = score.characters() * Math.log(VOCABULARY + 2.0) - count * Math.log(3);
    assertThat(count).isGreaterThan(5);
    assertThat(score.nats()).isCloseTo(nats, within(1e-12));
    assertThat(score.correct()).isEqualTo(count);
  }

  @Test
  void aShortTextIsScoredInOnePass() {
    CharacterNetwork network = network();
    Score expected = onePass(network, TEXT);
    Score score = evaluate(network, TEXT);
    assertThat(score.nats()).isCloseTo(expected.nats(), within(1e-11));
    assertThat(score.correct()).isEqualTo(expected.correct());
    assertThat(score.characters()).isEqualTo(TEXT.length() - 1);
  }

  /** Upper case, of which the network must remember it, lasts for about 200 characters. */
  private static EncodedText lines() {
    StringBuilder lines = new StringBuilder();
    Random random = new Random(3);
    boolean upper = false;
    while (lines.length() < 40_000) {
      String line = "%d times I count the clock, ".formatted(random.nextInt(100));
      upper ^= random.nextInt(8) == 0;
      lines.append(upper ? line.toUpperCase(Locale.ROOT) : line);
    }
    return Texts.encoded(lines.toString());
  }

  private static CharacterNetwork trained(CellType cell, EncodedText text, Precision precision) {
    CharacterNetwork network =
        new CharacterNetwork(
            Networks.configuration(16, 40, Networks.two(cell, 32)),
            text.vocabulary().size(),
            DataType.FLOAT,
            created -> new CpuEngine(created, new Compute(EngineType.CPU, 1, 0, precision)));
    Lanes training = Lanes.training(text, new Split("training", 0, 10_000), 16, 40);
    for (int iteration = 0; iteration < 20 * training.segments(); iteration++) {
      network.fit(training.read(iteration % training.segments()));
    }
    return network;
  }

  @ParameterizedTest
  @EnumSource(CellType.class)
  void theLossOfALongTextIsThatOfOnePass(CellType cell) {
    EncodedText text = lines();
    try (CharacterNetwork network = trained(cell, text, Precision.FLOAT32)) {
      Score score = evaluate(network, text);

      Score expected = onePass(network, text);
      assertThat(expected.loss()).isLessThan(0.5);
      assertThat(score.characters()).isEqualTo(text.length() - 1);
      assertThat(score.loss()).isCloseTo(expected.loss(), within(1e-4));
    }
  }

  /** Opens sessions of an engine and counts their lanes. */
  private record Counting(Engine engine, List<Integer> lanes) implements Inference {
    @Override
    public Engine.Session session(int count) {
      lanes.add(count);
      return engine.session(count);
    }

    @Override
    public Precision precision() {
      return engine.precision();
    }

    @Override
    public void close() {}
  }

  @ParameterizedTest
  @EnumSource(value = CellType.class, names = "GRAVES_LSTM", mode = EnumSource.Mode.EXCLUDE)
  void roundingIsNotTakenForAMemory(CellType cell) {
    assumeThat(CpuLibrary.ofThisMachine().bfloat16()).isTrue();
    EncodedText text = lines();
    try (CharacterNetwork network = trained(cell, text, Precision.BFLOAT16)) {
      Counting counting = new Counting(network.engine(), new ArrayList<>());
      EvaluationLanes lanes = new EvaluationLanes(text, Split.whole("validation", text));
      Score score = new Evaluator(counting, lanes).evaluate(new StopSignal()).orElseThrow();

      assertThat(counting.lanes()).containsExactly(lanes.lanes());
      assertThat(score.loss()).isCloseTo(onePass(network, text).loss(), within(1e-3));
    }
  }

  /** A unit that is switched on by the first character and then stays on. */
  @Test
  void aMemoryThatOutlastsTheWarmUpIsReadInOneLane() {
    EncodedText text = Texts.encoded("#" + "ab".repeat(6_000));
    try (CharacterNetwork network =
        new CharacterNetwork(
            Networks.configuration(2, 5, new Layer(CellType.SIMPLE_RNN, 1, 0)),
            text.vocabulary().size(),
            DataType.FLOAT,
            created -> new CpuEngine(created, 1))) {
      network.params().assign(0);
      Map<String, INDArray> parameters = NamedParameters.of(network);
      parameters.get("layer0.input_weights.hidden").putScalar(text.vocabulary().index('#'), 3);
      parameters.get("layer0.recurrent_weights.hidden").assign(5);
      parameters.get("output.weights").putScalar(text.vocabulary().index('a'), 2);
      network.setParams(network.params().dup());
      Score expected = onePass(network, text);
      Score score = evaluate(network, text);
      assertThat(new EvaluationLanes(text, Split.whole("validation", text)).lanes()).isEqualTo(2);
      assertThat(score.loss()).isCloseTo(expected.loss(), within(1e-6));
    }
  }

  @Test
  void everyEvaluationStartsFromZeroState() {
    CharacterNetwork network = network();
    Evaluator evaluator = new Evaluator(network.engine(), new EvaluationLanes(TEXT, WHOLE));
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
    evaluate(network, TEXT);
    assertThat(network.engine().carriedState()).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void aStopEndsItWithoutAScore() {
    Engine engine = network().engine();
    StopSignal stop = new StopSignal();
    stop.request("SIGTERM");
    assertThat(new Evaluator(engine, new EvaluationLanes(TEXT, WHOLE)).evaluate(stop)).isEmpty();
  }
}
