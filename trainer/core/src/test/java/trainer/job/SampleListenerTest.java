package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Samples;
import trainer.config.Training.Remainder;
import trainer.datavec.CharacterIterator;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.run.RunLock;
import trainer.run.SamplesFile;
import trainer.sampling.TextGenerator;
import trainer.text.EncodedText;
import trainer.text.Lanes;
import trainer.text.Split;
import trainer.text.Texts;
import trainer.training.DivergenceException;
import trainer.training.Progress;
import trainer.training.StopSignal;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

class SampleListenerTest {
  private static final EncodedText TEXT =
      Texts.encoded("from fairest creatures we desire increase, that thereby beauty's rose");
  private static final Lanes LANES =
      Lanes.training(TEXT, Split.whole("training", TEXT), 3, 5, Remainder.DROP); // 4 segments

  @TempDir private Path folder;

  /** The sample headings of four iterations. */
  private List<String> headings(int everyIterations) throws IOException {
    return headings(everyIterations, network -> {});
  }

  private List<String> headings(int everyIterations, Consumer<CharacterNetwork> change)
      throws IOException {
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    TrainingState state = new TrainingState(Progress.start());
    StopSignal stop = new StopSignal();
    try (RunLock lock = run.open();
        CharacterNetwork network =
            Networks.nd4j(
                Networks.configuration(3, 5, Networks.mixed()),
                TEXT.vocabulary().size(),
                DataType.FLOAT);
        SamplesFile file = SamplesFile.open(run.samples(), 0)) {
      change.accept(network);
      SampleListener listener =
          new SampleListener(
              lock,
              new TextGenerator(network.engine(), TEXT.vocabulary()),
              Networks.configuration(3, 5, Networks.mixed())
                  .with(new Samples(everyIterations, 5, List.of(0.5, 1.0), null, true)),
              new RunRecords(null, null, file, Optional.empty(), Optional.empty()),
              JobReporter.SILENT,
              stop);
      new TrainingLoop(network, new CharacterIterator(LANES), state, stop, List.of(listener)).run();
    }
    return Files.readAllLines(run.samples()).stream()
        .filter(line -> line.startsWith("==="))
        .toList();
  }

  @Test
  void itWritesASampleForEachTemperatureEveryNIterationsAndAtTheEnd() throws IOException {
    assertThat(headings(3))
        .containsExactly(
            "=== iteration 3, temperature 0.5, 5 characters ===",
            "=== iteration 3, temperature 1.0, 5 characters ===",
            "=== iteration 4, temperature 0.5, 5 characters ===",
            "=== iteration 4, temperature 1.0, 5 characters ===");
  }

  @Test
  void parametersThatAreNoNumbersAreADivergence() {
    assertThatThrownBy(() -> headings(1, network -> network.params().assign(Float.NaN)))
        .isInstanceOf(DivergenceException.class)
        .hasMessageContaining("diverged at iteration 1");
  }

  @Test
  void noneAreWrittenWhereNoneAreWanted() throws IOException {
    assertThat(headings(0)).isEmpty();
  }
}
