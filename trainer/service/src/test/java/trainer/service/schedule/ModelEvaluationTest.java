package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.run.RunDirectory;
import trainer.service.datasets.DatasetRoots;
import trainer.service.program.Program;
import trainer.service.schedule.Evaluation.Score;
import trainer.text.Confinement;
import trainer.text.CorpusFiles;

/** Measured by shells that stand in for the program. */
final class ModelEvaluationTest {
  private static final RunDirectory RUN = new RunDirectory(Path.of("run"));

  private static Score measure(String script) {
    try (ModelEvaluation evaluation =
        new ModelEvaluation(
            new Program(List.of("sh", "-c", script)), new DatasetRoots(List.of()))) {
      return evaluation.of(RUN, RUN, "--split=test");
    }
  }

  @Test
  void aModelIsMeasuredOnTheProcessors() {
    Score score =
        measure(
            "echo '{\"nats_per_character\": 1.5, \"characters\": 9, \"unknown_characters\": 2,'"
                + " '\"unigram_nats_per_character\": 2.5,'"
                + " '\"sha256\": \"'${CUDA_VISIBLE_DEVICES-all GPUs}'\"}'");
    assertThat(score).isEqualTo(new Score(1.5, 9, 2, "", 2.5));
  }

  @Test
  void whatCannotBeMeasuredIsToldFromWhatWasStopped() {
    for (int code : new int[] {1, 2, 137}) {
      assertThatThrownBy(() -> measure("echo error: no such run >&2; exit " + code))
          .isInstanceOf(Evaluation.FailedException.class)
          .hasMessage("no such run")
          .extracting(failure -> ((Evaluation.FailedException) failure).isTransient())
          .as("exit code %d", code)
          .isEqualTo(code != 2);
    }
    assertThatThrownBy(() -> measure("echo '{\"characters\": 9}'"))
        .hasMessage("'evaluate' printed no figures");
    assertThatThrownBy(() -> measure("exit 143")).isInstanceOf(CancellationException.class);
  }

  /** In a folder whose name would be a pattern. */
  @ParameterizedTest
  @ValueSource(strings = {"one.txt", "*.txt"})
  void aCopyOfAHeldOutTextMeansItsFiles(String heldOut, @TempDir Path folder) throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts [a-b]{c}"));
    Path runs = Files.createDirectory(folder.resolve("runs [1]{2,3}?"));
    Files.writeString(texts.resolve("one.txt"), "to be");
    Files.writeString(texts.resolve("two.txt"), "or not");
    try (HeldOutCopy copy = HeldOutCopy.of(heldOut, new DatasetRoots(List.of(texts)), runs)) {
      Confinement copied = new Confinement(List.of(Path.of(copy.entry()).getParent()));
      assertThat(CorpusFiles.resolve(List.of(copy.entry()), copied).paths())
          .extracting(Files::readString)
          .isEqualTo(heldOut.equals("one.txt") ? List.of("to be") : List.of("to be", "or not"));
    }
    assertThat(runs).isEmptyDirectory();
  }

  @Test
  void onlyTextsOfTheServiceAreRead() {
    Program shown = new Program(List.of("sh", "-c", "echo \"error: $*\" >&2; exit 2"));
    DatasetRoots roots = new DatasetRoots(List.of(Path.of("/texts"), Path.of("/more")));
    try (ModelEvaluation evaluation = new ModelEvaluation(shown, roots)) {
      assertThatThrownBy(() -> evaluation.of(RUN, RUN, "--corpus=/copy/held-out.txt"))
          .hasMessageContaining("--confine=/texts --confine=/more --confine=/copy");
    }
  }
}
