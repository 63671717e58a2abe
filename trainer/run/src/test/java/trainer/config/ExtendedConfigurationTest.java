package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A configuration that {@code extends} others. */
final class ExtendedConfigurationTest {
  @TempDir private Path folder;

  private Path write(String name, String yaml) {
    try {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      return Files.writeString(file, yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path job() {
    write(
        "shared/base.yml",
        """
        name: base
        data: {corpus: [texts/a.txt, texts/b.txt], split: [0.8, 0.1, 0.1]}
        model:
          layers: [{type: lstm, size: 8}, {type: gru, size: 9}]
        training:
          epochs: 7
          optimizer: {type: adam, beta1: 0.5}
          schedule: {type: constant, warmup_iterations: 3}
        """);
    return write(
        "job.yml",
        """
        extends: shared/base.yml
        model: {forget_gate_bias: 2.0}
        training:
          batch_size: 16
          optimizer: {type: sgd, learning_rate: 0.5}
          schedule: {warmup_iterations: 4}
        data:
          vocabulary: vocabulary.json
        """);
  }

  private static Configuration load(Path file, String... overrides) {
    return ConfigurationLoader.load(file, List.of(overrides));
  }

  @Test
  void keysAreThoseOfTheBaseUnlessTheFileSetsThem() {
    Configuration configuration = load(job(), "training.epochs=9");

    assertThat(configuration.name()).isEqualTo("job");
    assertThat(configuration.data().corpus())
        .containsExactly(
            folder.resolve("shared/texts/a.txt").toString(),
            folder.resolve("shared/texts/b.txt").toString());
    assertThat(configuration.data().vocabulary())
        .isEqualTo(folder.resolve("vocabulary.json").toString());
    assertThat(configuration.data().split()).containsExactly(0.8, 0.1, 0.1);
    assertThat(configuration.model().layers()).hasSize(2);
    assertThat(configuration.model().forgetGateBias()).isEqualTo(2);
    assertThat(configuration.training().batchSize()).isEqualTo(16);
    assertThat(configuration.training().epochs()).isEqualTo(9);
    assertThat(configuration.training().optimizer()).isEqualTo(new Optimizer.Sgd(0.5, 0.9));
    assertThat(configuration.training().schedule()).isEqualTo(new Schedule.Constant(4));
  }

  @Test
  void theOriginOfEachValueIsShown() {
    String base = folder.resolve("shared/base.yml").toString();
    Path job = job();

    assertThat(ConfigurationLoader.loadWithOrigins(job, List.of("training.epochs=9")).lines())
        .contains(
            "name: job  # default",
            "  split: [0.8, 0.1, 0.1]  # " + base + ":2",
            "    - {type: gru, size: 9, dropout: 0.0}  # " + base + ":4",
            "  forget_gate_bias: 2.0  # " + job + ":2",
            "  batch_size: 16  # " + job + ":4",
            "  epochs: 9  # --set training.epochs=9",
            "  schedule: {type: constant, warmup_iterations: 4}  # " + job + ":6",
            "  sequence_length: 64  # default");
  }

  @Test
  void problemsNameTheFileAndTheLine() {
    Path base = write("base.yml", "data: {corpus: a.txt}\n\ntraining: {epochs: -1, epocs: 2}\n");
    Path job = write("job.yml", "extends: base.yml\nmodel: {layers: [{sise: 3}]}\n");

    assertThatThrownBy(() -> load(job, "seed=x"))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems().stream().map(Object::toString))
                    .containsExactly(
                        job + ":2: model.layers[0].sise: unknown key; did you mean 'size'?",
                        base + ":3: training.epocs: unknown key; did you mean 'epochs'?",
                        base + ":3: training.epochs: must be at least 1, not -1",
                        "--set seed=x: must be a whole number, not x"));
  }

  private void assertRefused(Path file, String problem) {
    assertThatThrownBy(() -> load(file)).hasMessageContaining(problem);
  }

  @Test
  void whatCannotBeExtendedIsNamed() {
    Path job = write("job.yml", "data: {corpus: a.txt}\nextends: bass.yml\n");
    write("base.yml", "extends: job.yml\n");
    assertRefused(
        job,
        "%s:2: extends: %s: no such file; did you mean '%s'?"
            .formatted(job, folder.resolve("bass.yml"), folder.resolve("base.yml")));
    assertRefused(
        write("job.yml", "extends: base.yml\n"),
        "%s:1: extends: goes round in a circle: %s extends %s extends %s"
            .formatted(folder.resolve("base.yml"), job, folder.resolve("base.yml"), job));
    assertRefused(write("job.yml", "extends: [a.yml]\n"), ":1: extends: must be the path of a");
    assertRefused(write("job.yml", "extends: .\n"), ":1: extends: " + folder + ": is a folder");
    write("base.yml", "- a\n");
    assertRefused(write("job.yml", "extends: base.yml\n"), "base.yml:1: must be a mapping");
    write("base.yml", "a: [\n");
    assertRefused(write("job.yml", "extends: base.yml\n"), "base.yml:");
    for (int i = 0; i < 9; i++) {
      write("deep%d.yml".formatted(i), "extends: deep%d.yml\n".formatted(i + 1));
    }
    assertRefused(folder.resolve("deep0.yml"), "extends: more than 8 files: ");
    assertRefused(write("twice.yml", "extends: a.yml\nextends: b.yml\n"), "twice.yml:1: extends: ");
  }

  @Test
  void aTextFromElsewhereExtendsNothing() {
    assertThatThrownBy(
            () -> ConfigurationLoader.parse("extends: base.yml\n", "submitted", List.of()))
        .hasMessageContaining("extends: unknown key");
  }

  @Test
  void aStandaloneTextSaysTheSame() {
    Path job = job();
    String text = ConfigurationLoader.standalone(job, List.of());

    assertThat(text).doesNotContain("extends");
    assertThat(load(write("shared/job.yml", text)).training()).isEqualTo(load(job).training());
    Path plain = write("plain.yml", "# mine\ndata: {corpus: a.txt}\n");
    assertThat(ConfigurationLoader.standalone(plain, List.of()))
        .isEqualTo("# mine\ndata: {corpus: a.txt}\n");
  }
}
