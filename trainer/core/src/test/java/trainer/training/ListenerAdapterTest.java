package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.datavec.CharacterIterator;
import trainer.network.CharacterNetwork;
import trainer.text.EncodedText;
import trainer.text.Lanes;
import trainer.text.Split;
import trainer.text.Texts;

final class ListenerAdapterTest {
  private static final EncodedText TEXT =
      Texts.encoded("from fairest creatures we desire increase, that thereby beauty's rose");
  private static final Lanes LANES =
      Lanes.training(TEXT, Split.whole("training", TEXT), 3, 5); // 4 segments of 5, one of 2

  private static CharacterNetwork network() {
    return Networks.nd4j(
        Networks.configuration(3, 5, Networks.mixed()), TEXT.vocabulary().size(), DataType.DOUBLE);
  }

  @Test
  void aListenerOfDeeplearning4jSeesTheLoop() {
    List<String> calls = new ArrayList<>();
    CharacterNetwork network = network();
    BaseTrainingListener listener =
        new BaseTrainingListener() {
          @Override
          public void onEpochStart(Model model) {
            calls.add("start");
          }

          @Override
          public void onEpochEnd(Model model) {
            calls.add("end");
          }

          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            assertThat(model).isSameAs(network);
            assertThat(model.score()).isPositive();
            calls.add("%d/%d".formatted(iteration, epoch));
          }
        };
    TrainingState state = new TrainingState(Progress.start());
    new TrainingLoop(
            network,
            new CharacterIterator(LANES),
            state,
            new StopSignal(),
            List.of(ListenerAdapter.fromDl4j(listener, network)))
        .run();
    // The epoch counts up with its last iteration.
    assertThat(calls).containsExactly("start", "1/0", "2/0", "3/0", "4/0", "5/1", "end");
  }

  @Test
  void aListenerOfOursSeesADeeplearning4jNetwork() {
    List<String> calls = new ArrayList<>();
    CharacterNetwork network = network();
    CharacterIterator text = new CharacterIterator(LANES);
    network.setListeners(
        ListenerAdapter.toDl4j(
            state -> {
              assertThat(state.loss()).isEqualTo(network.score());
              calls.add(
                  "%d, epoch %d, %d characters"
                      .formatted(state.iteration(), state.epoch(), state.characters()));
            },
            text));
    network.fit(text, 2);
    assertThat(calls)
        .hasSize(10)
        .startsWith("1, epoch 0, 15 characters", "2, epoch 0, 30 characters")
        .contains("5, epoch 1, 66 characters") // the last segment has 6
        .endsWith("10, epoch 2, 132 characters");
  }
}
