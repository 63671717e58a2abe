package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
final class SweepCommandTest {
  @TempDir private Path folder;

  @BeforeEach
  void write() {
    SmallJob.write(folder, 4_000);
  }

  private InProcess run(String command, String... more) {
    String[] words = {
      command, folder.resolve(SmallJob.FILE).toString(), "--set=training.max_iterations=8"
    };
    return InProcess.run(SmallJob.with(words, more));
  }

  private InProcess sweep(String... more) {
    return run("sweep", SmallJob.with(more, "--output=" + folder.resolve("sweep")));
  }

  @Test
  void trialsAreListedAndSummedUpOverSeeds() throws IOException {
    String[] varied = {"--vary=training.optimizer.learning_rate=0.0001,0.02", "--vary=seed=1,2"};
    InProcess result = sweep(varied);
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).contains("\n4/4 learning_rate=0.02 seed=2: ").contains("best so far");
    assertThat(result.out().lines().toList())
        .hasSize(9)
        .element(1)
        .asString()
        .matches("\\d\\.\\d{4}  \\d\\.\\d{3} +8 +8  learning_rate=0.02 seed=[12]");
    assertThat(result.out()).containsPattern("\\d\\.\\d{4} +0\\.\\d{4} +2  learning_rate=0.02\n");

    InProcess again = sweep(SmallJob.with(varied, "--json"));
    JsonNode trials = new JsonMapper().readTree(again.out()).path("trials");
    assertThat(trials).hasSize(4);
    assertThat(trials.get(0).path("settings").path("training.optimizer.learning_rate").asText())
        .isEqualTo("0.02");
    assertThat(result.out())
        .contains("%.4f".formatted(trials.get(0).path("best_validation_loss").asDouble()));
    assertThat(folder.resolve("sweep/sweep.csv")).content().hasLineCount(5);
  }

  @Test
  void whatIsWrongIsSaidBeforeAnythingIsTrained() {
    InProcess unknown = sweep("--vary=training.optimizer.rate=1,2");
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err())
        .contains("--vary training.optimizer.rate=1: unknown key of type adam")
        .doesNotContain("--set training.optimizer");
    InProcess value = sweep("--vary=seed=1,x");
    assertThat(value.exitCode()).isEqualTo(2);
    assertThat(value.err()).contains("--vary seed=x: ");
    InProcess range = sweep("--vary=seed=1..9");
    assertThat(range.err()).contains("a range needs --trials N");
    InProcess halving = sweep("--vary=seed=1,2", "--halving=1");
    assertThat(halving.err()).contains("--halving 1: must be at least 2");
    InProcess here = sweep("--vary=seed=1,2", "--register=best");
    assertThat(here.err()).contains("--register best: only a service has that: add --server URL");
    InProcess there = sweep("--vary=seed=1,2", "--server=http://127.0.0.1:9");
    assertThat(there.err()).contains("--output ", "are runs of the service: leave it out");
    assertThat(folder.resolve("sweep")).doesNotExist();
  }

  @Test
  void aSweepWithoutAnyResultFails() {
    InProcess result = sweep("--vary=training.batch_size=3000,4000");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("failed  batch_size=3000");
    assertThat(result.err()).contains("error: no trial was trained to the end");
  }

  @Test
  void aLearningRateIsFound() throws IOException {
    Path picture = folder.resolve("rate.svg");
    InProcess result = run("find-rate", "--output=" + picture);
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("the loss is lowest at ")
        .contains("--set training.optimizer.learning_rate=");
    assertThat(picture).content().contains("learning rate");
    JsonNode json = new JsonMapper().readTree(run("find-rate", "--json", "--steps=60").out());
    assertThat(json.path("steps")).hasSizeBetween(40, 60);
    assertThat(run("find-rate", "--to=0.0001").out())
        .contains(
            "the loss falls up to the highest rate, 0.00010: test higher ones with --to 0.001")
        .doesNotContain("lowest");
    InProcess wrong = run("find-rate", "--from=1", "--to=0.1");
    assertThat(wrong.exitCode()).isEqualTo(2);
  }
}
