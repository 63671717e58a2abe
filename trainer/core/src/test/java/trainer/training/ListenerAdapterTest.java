package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.Checkpoint;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
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
    assertThat(calls).containsExactly("start", "1/0", "2/0", "3/0", "4/0", "5/0", "end");
    assertThat(network.getEpochCount()).isEqualTo(1);
  }

  @Test
  void deeplearning4jsCheckpointsAreOfTheEpochsThatItIsAskedFor(@TempDir Path folder) {
    Configuration configuration =
        ConfigurationLoader.parse(
            """
            data: {corpus: a.txt}
            model: {layers: [{type: lstm, size: 4}]}
            training: {batch_size: 3, sequence_length: 5, epochs: 3}
            """,
            "job",
            List.of());
    CharacterNetwork network =
        Networks.nd4j(configuration, TEXT.vocabulary().size(), DataType.FLOAT);
    CheckpointListener everyTwo =
        new CheckpointListener.Builder(folder.toFile()).keepAll().saveEveryNEpochs(2).build();
    new TrainingLoop(
            network,
            new CharacterIterator(LANES),
            new TrainingState(Progress.start()),
            new StopSignal(),
            List.of(ListenerAdapter.fromDl4j(everyTwo, network)))
        .run();
    assertThat(everyTwo.availableCheckpoints())
        .extracting(Checkpoint::getIteration)
        .containsExactly(10);
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
