package trainer.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.trial.Variation;

class TrialTest {
  private static final Configuration ANY =
      ConfigurationLoader.parse("data: {corpus: a.txt}", "job.yml", List.of());

  @Test
  void directoriesAreNamedForTheSettings() {
    Path parent = Path.of("sweep");
    assertThat(Trial.in(parent, List.of("training.optimizer.learning_rate=0.01", "seed=2"), ANY))
        .extracting(trial -> trial.directory().toString(), Trial::name)
        .containsExactly("sweep/learning_rate=0.01_seed=2", "learning_rate=0.01 seed=2");
    List<Path> layers =
        Variation.grid(
                List.of(
                    Variation.parse(
                        "model.layers=[{type: lstm, size: 8}],[{type: lstm; size: 8}]")))
            .stream()
            .map(settings -> Trial.in(parent, settings, ANY).directory())
            .toList();
    assertThat(layers).doesNotHaveDuplicates();
    assertThat(layers.get(0).getFileName().toString())
        .matches("layers=_type_lstm_size_8_-[0-9a-f]{8}");
  }
}
