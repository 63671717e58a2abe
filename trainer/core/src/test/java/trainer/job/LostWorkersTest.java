package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.checkpoint.Checkpoint;
import trainer.cluster.ClusterException;
import trainer.cluster.LocalWorkers;
import trainer.cluster.WorkersLostException;
import trainer.config.Checkpoints;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.job.TrainingResult.Outcome;
import trainer.training.StopSignal;

/** Runs on several workers, some of which are lost. */
final class LostWorkersTest {
  @TempDir private Path folder;
  private Configuration configuration;

  @BeforeEach
  void describe() throws IOException {
    System.setProperty(LocalWorkers.AVAILABLE, "");
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "from fairest creatures we desire increase\n".repeat(40));
    Configuration defaults = Configuration.of("small", text);
    configuration =
        defaults
            .with(
                new Model(List.of(new Layer(CellType.LSTM, 6, 0.3)), 1.0, new Initializer.Xavier()))
            .with(defaults.training().withBatches(4, 10).withIterations(30))
            .with(new Checkpoints(7, null, 3, 1, null));
  }

  @AfterEach
  void clear() {
    System.clearProperty(LocalWorkers.AVAILABLE);
  }

  private TrainingJob job(String directory, int workers, int groups) {
    Compute compute = new Compute(EngineType.AUTO, 1, groups, Precision.FLOAT32, workers);
    return new TrainingJob(configuration.with(compute), folder.resolve(directory));
  }

  private Checkpoint model(String directory) {
    return Checkpoint.read(folder.resolve(directory).resolve("model.zip"));
  }

  private void assertSame(String directory, String expected) {
    assertThat(model(directory).parameters().floats())
        .isEqualTo(model(expected).parameters().floats());
    assertThat(model(directory).updaterState().floats())
        .isEqualTo(model(expected).updaterState().floats());
    assertThat(losses(directory)).isEqualTo(losses(expected));
  }

  /** Training and validation losses, all digits. */
  private List<String> losses(String directory) {
    List<String> rows = model(directory).metrics().lines().toList();
    List<String> names = List.of(rows.get(0).split(",", -1));
    int train = names.indexOf("train_loss");
    int validation = names.indexOf("validation_loss");
    return rows.stream()
        .map(row -> row.split(",", -1))
        .map(cells -> cells[train] + " " + cells[validation])
        .toList();
  }

  @Test
  void aRunThatLosesWorkersEndsWithTheBytesOfOneMachine() throws IOException {
    List<Integer> kills = new ArrayList<>(List.of(3, 17, 29));
    TrainingJob job =
        job("cluster", 2, 0)
            .listener(
                state -> {
                  if (kills.remove((Integer) state.iteration())) {
                    LocalWorkers.kill(state.iteration() % 2);
                  }
                });
    assertThat(job.run().outcome()).isEqualTo(Outcome.FINISHED);
    assertThat(kills).isEmpty();
    job("alone", 1, 2).run();

    assertSame("cluster", "alone");
    assertThat(Files.readAllLines(folder.resolve("cluster").resolve("events.jsonl")))
        .filteredOn(line -> line.contains("workers_lost"))
        .hasSize(3)
        .satisfies(
            lines -> {
              assertThat(lines.get(0)).contains("\"to_iteration\":0");
              assertThat(lines.get(1)).contains("\"to_iteration\":14");
              assertThat(lines.get(2)).contains("\"to_iteration\":28", "\"reason\":\"worker ");
            });
  }

  @Test
  void aRunResumesOnAnotherNumberOfWorkers() {
    List<Integer> workers = List.of(2, 4, 1, 2);
    for (int part = 0; part < workers.size(); part++) {
      StopSignal stop = new StopSignal();
      int end = 8 * (part + 1);
      // Without lane groups in the configuration, the run's own stay.
      TrainingJob job = job("changing", workers.get(part), part == 0 ? 4 : 0).stop(stop);
      job.listener(
          state -> {
            if (state.iteration() == end) {
              stop.request("enough");
            }
          });
      job.run();
    }
    job("alone", 1, 4).run();
    assertSame("changing", "alone");
  }

  @Test
  void aRunGivesUpAfterThreeLossesWithoutACheckpoint() throws IOException {
    TrainingJob job =
        job("cluster", 2, 0)
            .listener(
                state -> {
                  if (state.iteration() == 10) {
                    LocalWorkers.kill(0);
                  }
                });
    assertThatThrownBy(job::run).isInstanceOf(WorkersLostException.class);
    assertThat(Files.readAllLines(folder.resolve("cluster").resolve("events.jsonl")))
        .filteredOn(line -> line.contains("workers_lost"))
        .hasSize(3);
    assertThat(job("cluster", 1, 2).run().outcome()).isEqualTo(Outcome.FINISHED);
  }

  @Test
  void withoutAClusterTheMessageSaysHowToStart() {
    System.clearProperty(LocalWorkers.AVAILABLE);
    assertThatThrownBy(() -> job("run", 2, 0).run())
        .isInstanceOfSatisfying(ClusterException.class, e -> assertThat(e.isTransient()).isFalse())
        .hasMessageContainingAll(
            "compute.workers: 2 need an Apache Spark cluster: start this command as 'spark-submit",
            "--set compute.workers=1");
    assertThat(folder.resolve("run").resolve("config.yml")).doesNotExist();
  }
}
