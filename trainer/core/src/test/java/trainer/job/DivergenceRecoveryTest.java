package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.ConfigurationLoader;
import trainer.run.Events;
import trainer.run.RunDirectory;
import trainer.training.DivergenceException;
import trainer.training.Progress;
import trainer.training.TrainingException;
import trainer.training.TrainingState;

/** Words that fit the case. */
final class DivergenceRecoveryTest {
  @TempDir private Path folder;
  private final List<String> messages = new ArrayList<>();

  private void recover(String clipping, Progress progress) {
    DivergenceRecovery recovery =
        new DivergenceRecovery(
            new RunDirectory(folder),
            ConfigurationLoader.parse(
                "{data: {corpus: a.txt}, training: {gradient_clipping: %s}}".formatted(clipping),
                "job",
                List.of()),
            new JobReporter() {
              @Override
              public void message(String text) {
                messages.add(text);
              }
            });
    try (Events events = Events.open(folder.resolve("events.jsonl"), Clock.systemUTC())) {
      recovery.after(new DivergenceException("diverged"), new TrainingState(progress), events);
    }
  }

  @Test
  void withoutACheckpointTheRunGoesBackToItsInitialWeights() {
    recover("none", Progress.start());
    assertThat(messages)
        .containsExactly(
            "diverged",
            "there is no regular checkpoint yet: rolling back to the initial weights, learning rate"
                + " scaled by 0.5 (retry 1 of 3)");
  }

  @ParameterizedTest
  @CsvSource({
    "none, '''training.gradient_clipping={norm: 5.0}'''",
    "{norm: 4.0}, training.gradient_clipping.norm=2.0",
    "{value: 1.0}, training.gradient_clipping.value=0.5"
  })
  void theLastAdviceFitsTheClippingAndNamesNoCheckpointsThatAreNotThere(
      String clipping, String advice) {
    assertThatThrownBy(() -> recover(clipping, Progress.start().withLearningRateFactor(0.125)))
        .isInstanceOf(TrainingException.class)
        .hasMessageEndingWith("--resume never --set " + advice);
  }
}
