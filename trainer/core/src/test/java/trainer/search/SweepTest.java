package trainer.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.checkpoint.Checkpoint;
import trainer.config.ConfigurationLoader;
import trainer.job.JobReporter;
import trainer.job.TrainingJob;
import trainer.run.RunException;
import trainer.search.TrialResult.State;
import trainer.training.StopSignal;
import trainer.training.TrainingException;
import trainer.training.TrainingState;
import trainer.trial.Setting;
import trainer.trial.Variation;

final class SweepTest {
  private static final String JOB =
      """
      data: {corpus: text.txt}
      model: {layers: [{type: lstm, size: 6}]}
      training:
        batch_size: 2
        sequence_length: 10
        max_iterations: 36
        optimizer: {type: adam, learning_rate: 0.01}
      evaluation: {every_iterations: 6}
      samples: {every_iterations: 0}
      compute: {engine: cpu, threads: 1}
      """;

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("job.yml");
    Files.writeString(file, JOB);
    Files.writeString(
        folder.resolve("text.txt"), "from fairest creatures we desire increase\n".repeat(60));
  }

  private List<Trial> trials(String output, String... variations) {
    return Variation.grid(List.of(variations).stream().map(Variation::parse).toList()).stream()
        .map(
            settings ->
                Trial.in(
                    folder.resolve(output), settings, ConfigurationLoader.load(file, settings)))
        .toList();
  }

  private static float[] result(TrialResult result) {
    return Checkpoint.read(result.trial().directory().resolve("latest.zip")).parameters().floats();
  }

  @Test
  void allAreTrainedAndTheBestIsFirst() throws IOException {
    List<Trial> trials = trials("all", "training.optimizer.learning_rate=0.00001,0.02", "seed=1");
    List<TrialResult> results = new Sweep(trials).run();

    assertThat(results)
        .hasSize(2)
        .isSortedAccordingTo((a, b) -> Double.compare(a.loss(), b.loss()));
    assertThat(results).extracting(TrialResult::state).containsOnly(State.FINISHED);
    assertThat(results.get(0).trial().name()).startsWith("learning_rate=0.02 ");
    for (TrialResult result : results) {
      Path alone = folder.resolve("alone " + result.trial().name());
      new TrainingJob(result.trial().configuration(), alone).run();
      assertThat(result(result))
          .isEqualTo(Checkpoint.read(alone.resolve("latest.zip")).parameters().floats());
    }
    SweepFiles.write(results, folder.resolve("all"));
    List<String> csv = Files.readAllLines(folder.resolve("all/sweep.csv"));
    assertThat(csv.get(0))
        .isEqualTo(
            "run,training.optimizer.learning_rate,seed,state,best_validation_loss,best_iteration,"
                + "iterations,characters_per_second,failure");
    assertThat(csv.get(1))
        .startsWith(
            "%s,0.02,%s,finished,%.6f,36,36,"
                .formatted(
                    results.get(0).trial().directory().getFileName(),
                    Setting.value(results.get(0).trial().settings().get(1)),
                    results.get(0).loss()));
    assertThat(folder.resolve("all/sweep.svg")).content().contains("learning_rate=0.02 seed=1");
  }

  @Test
  void halvingDropsThePoorAndTheRestIsAsTrainedAtOnce() {
    String rates = "training.optimizer.learning_rate=0.00001,0.0001,0.003,0.02";
    Sweep sweep = new Sweep(trials("halved", rates)).halving(2);
    assertThat(sweep.steps()).isEqualTo(Map.of(9, 4, 18, 2, 36, 1));
    List<TrialResult> results = sweep.run();

    assertThat(results)
        .extracting(TrialResult::state)
        .containsExactly(State.FINISHED, State.DROPPED, State.DROPPED, State.DROPPED);
    assertThat(results).extracting(TrialResult::iterations).containsExactly(36, 18, 9, 9);
    TrialResult whole = new Sweep(trials("whole", rates)).run().get(0);
    assertThat(results.get(0).trial().name()).isEqualTo(whole.trial().name());
    assertThat(result(results.get(0))).isEqualTo(result(whole));
  }

  /** As by a kill: the runs that are there are found, and count as they did. */
  @Test
  void aStoppedSweepEndsLikeOneThatWasNot() {
    String rates = "training.optimizer.learning_rate=0.0001,0.003,0.02";
    List<TrialResult> whole = new Sweep(trials("whole", rates)).halving(3).run();
    for (int stopAt : new int[] {2, 4}) {
      StopSignal stop = new StopSignal();
      List<String> started = new ArrayList<>();
      Sweep.Listener stopper =
          new Sweep.Listener() {
            @Override
            public void starts(Trial trial, int until) {
              started.add(trial.name());
            }

            @Override
            public JobReporter reporter() {
              return new JobReporter() {
                @Override
                public void updated(TrainingState state) {
                  if (started.size() == stopAt && state.iteration() % 12 == 5) {
                    stop.request("enough");
                  }
                }
              };
            }
          };
      String output = "stopped-" + stopAt;
      assertThatThrownBy(
              () -> new Sweep(trials(output, rates)).halving(3).stop(stop).listener(stopper).run())
          .isInstanceOf(CancellationException.class);
      List<TrialResult> again = new Sweep(trials(output, rates)).halving(3).run();
      assertThat(again)
          .extracting(each -> each.trial().name(), TrialResult::state, TrialResult::loss)
          .isEqualTo(
              whole.stream()
                  .map(each -> Tuple.tuple(each.trial().name(), each.state(), each.loss()))
                  .toList());
      assertThat(result(again.get(0))).isEqualTo(result(whole.get(0)));
    }
  }

  @Test
  void trialsMayDifferInLength() {
    List<TrialResult> results = new Sweep(trials("lengths", "training.max_iterations=12,6")).run();
    assertThat(results)
        .extracting(each -> each.trial().name(), TrialResult::iterations)
        .containsExactlyInAnyOrder(
            Tuple.tuple("max_iterations=12", 12), Tuple.tuple("max_iterations=6", 6));
  }

  @Test
  void aTrialThatFailsIsAResult() {
    List<TrialResult> results = new Sweep(trials("some", "training.batch_size=2,1000")).run();
    assertThat(results)
        .extracting(TrialResult::state)
        .containsExactly(State.FINISHED, State.FAILED);
    assertThat(results.get(1).failure()).contains("training.batch_size");
  }

  @Test
  void runsOfAnotherConfigurationAreNotTakenForTrials() throws IOException {
    new Sweep(trials("same", "seed=1,2")).run();
    Files.writeString(file, JOB.replace("size: 6", "size: 7"));
    assertThatThrownBy(() -> new Sweep(trials("same", "seed=1,2")).run())
        .isInstanceOf(RunException.class)
        .hasMessageContaining("model.layers[0].size: 6 -> 7");
  }

  @Test
  void halvingNeedsALengthThatMayDiffer() {
    String scheduled = "training.schedule=cosine";
    assertThatThrownBy(() -> new Sweep(trials("x", scheduled)).halving(2))
        .hasMessageContaining("training.schedule");
    assertThatThrownBy(() -> new Sweep(trials("x", "training.max_iterations=4,8")).halving(2))
        .hasMessageContaining("training.max_iterations");
    assertThatThrownBy(() -> new Sweep(trials("x", "seed=1,1")))
        .hasMessageContaining("two trials are the same: seed=1");
  }

  @Test
  void aRateIsSuggestedWhereTheLossFalls() throws IOException {
    Path picture = folder.resolve("rate.svg");
    RateCurve curve = new RateFinder(ConfigurationLoader.load(file, List.of())).find(1e-4, 10, 150);
    assertThat(curve.rates()[0]).isEqualTo(1e-4);
    assertThat(curve.suggestion()).isBetween(1e-3, 1.0);
    assertThat(curve.lowest()).isGreaterThan(curve.suggestion());
    curve.write(picture);
    assertThat(picture).content().contains("learning rate", "suggestion");
  }

  @Test
  void ratesThatAreTooHighFromTheStartSuggestNone() throws IOException {
    String sgd = "training.optimizer={type: sgd, learning_rate: 0.1}";
    RateFinder finder = new RateFinder(ConfigurationLoader.load(file, List.of(sgd)));
    assertThatThrownBy(() -> finder.find(1000, 10_000, 60))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("start lower, such as with --from 1.0");
  }
}
