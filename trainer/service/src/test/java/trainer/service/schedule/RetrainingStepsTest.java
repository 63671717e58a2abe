package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.RunDirectory;
import trainer.service.registry.Decision;
import trainer.service.runs.Lease;
import trainer.service.schedule.Evaluation.Score;
import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;

/** What may happen between the steps of a trigger run, and during them. */
final class RetrainingStepsTest {
  private static final String TEXT =
      "data: {corpus: text.txt}\nmodel: {layers: [{type: lstm, size: 4}]}";

  @TempDir private Path folder;
  private SimulatedService service;
  private Runnable beforeEvaluation = () -> {};
  private int evaluations;

  @BeforeEach
  void start() throws IOException {
    service = new SimulatedService(folder, this::evaluate);
    service.write("text.txt", "to be or not to be\n".repeat(40));
    service.write("held-out.txt", "not to be or to be\n".repeat(10));
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Score evaluate(RunDirectory model, RunDirectory like, String text) {
    evaluations++;
    beforeEvaluation.run();
    return UnigramModels.evaluate(model, like, text);
  }

  private static SchedulePlan plan(String name, String model, String heldOut, int keep) {
    return new SchedulePlan(
        name,
        Cron.of("0 0 1 1 *", "UTC"),
        TEXT,
        model,
        Start.FRESH,
        true,
        heldOut,
        0,
        keep,
        keep,
        Missed.ONCE,
        false,
        0);
  }

  private void create(String name, String model, String heldOut) {
    service.schedules.create(plan(name, model, heldOut, 5), "anna");
  }

  /** Triggers until the run is trained, and not yet evaluated. */
  private void triggerAndTrain(String schedule) {
    service.triggers.request(schedule, "ben", null, true);
    Optional<Lease> lease = Optional.empty();
    while (lease.isEmpty()) {
      service.work();
      lease = service.take();
    }
    service.train(lease.get(), 0, () -> {});
  }

  private void improve(String text) {
    service.write("text.txt", text.repeat(40));
  }

  /** Without an encoded text, each evaluation reads what is there. */
  private void replaceTheTextBeforeEvaluation(List<Integer> evaluationsWithAnother) {
    beforeEvaluation =
        () -> {
          String run = service.newest("s").run();
          Path encoded = service.files.newest(service.runs.find(run).orElseThrow()).corpus();
          String text =
              "to be or not\n".repeat(evaluationsWithAnother.contains(evaluations) ? 30 : 40);
          try {
            Files.writeString(encoded, text);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
  }

  @Test
  void aTextThatChangesBetweenTheEvaluationsIsEvaluatedAgain() {
    create("s", "m", null);
    assertThat(service.trigger("s", true).state()).isEqualTo(TriggerRunState.PROMOTED);
    evaluations = 0;
    replaceTheTextBeforeEvaluation(List.of(2));
    TriggerRun outcome = service.trigger("s", true);
    assertThat(outcome.state()).as(outcome.reason()).isEqualTo(TriggerRunState.KEPT);
    assertThat(evaluations).as("two, and two again").isEqualTo(4);
  }

  @Test
  void aTextThatAlwaysChangesFailsTheTriggerRunAndNotTheSchedule() {
    create("s", "m", null);
    service.trigger("s", true);
    evaluations = 0;
    replaceTheTextBeforeEvaluation(
        IntStream.range(0, 100).filter(i -> i % 2 == 0).boxed().toList());
    TriggerRun outcome = service.trigger("s", true);
    assertThat(outcome.state()).isEqualTo(TriggerRunState.FAILED);
    assertThat(outcome.reason())
        .isEqualTo(
            "the text changed between the evaluations of champion and challenger, 3 times: name a"
                + " file that rarely changes as held_out");
    assertThat(evaluations).isEqualTo(6);
    assertThat(service.champion("m")).isEqualTo(1);
    beforeEvaluation = () -> {};
    assertThat(service.trigger("s", true).state()).isEqualTo(TriggerRunState.KEPT);
  }

  @Test
  void anEvaluationThatHangsDelaysNoOtherSchedule() throws InterruptedException {
    create("one", "a", "held-out.txt");
    create("other", "b", "held-out.txt");
    for (String schedule : List.of("one", "other")) {
      service.triggers.request(schedule, "ben", null, true);
      service.work();
    }
    service.train(service.take().orElseThrow(), 0, () -> {});
    service.train(service.take().orElseThrow(), 0, () -> {});
    AtomicBoolean hangs = new AtomicBoolean();
    CompletableFuture<Void> end = new CompletableFuture<>();
    beforeEvaluation =
        () -> {
          if (hangs.compareAndSet(false, true)) {
            end.join();
          }
        };
    try (Scheduler scheduler = service.startThreads()) {
      try {
        for (int i = 0; i < 200 && outcomes().isEmpty(); i++) {
          scheduler.wake();
          Thread.sleep(50);
        }
        assertThat(hangs).isTrue();
        assertThat(outcomes()).containsExactly(TriggerRunState.PROMOTED);
      } finally {
        end.complete(null);
      }
    }
  }

  private List<TriggerRunState> outcomes() {
    return Stream.of("one", "other")
        .map(service::newest)
        .filter(run -> run.endedAt() != null)
        .map(TriggerRun::state)
        .toList();
  }

  @Test
  void aDamagedModelOfARunFailsTheTriggerRunAndIsNotRegistered() throws IOException {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    service.triggers.request("s", "ben", null, true);
    service.work();
    Lease lease = service.take().orElseThrow();
    service.train(
        lease,
        0,
        () -> {
          try {
            Files.write(service.files.newest(lease.run()).best(), new byte[] {80, 75, 3});
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    TriggerRun outcome = service.finish("s");
    assertThat(outcome.state()).isEqualTo(TriggerRunState.FAILED);
    assertThat(outcome.reason()).contains("best.zip is damaged (it is not a whole zip file)");
    assertThat(service.registry.versions("m", 10)).hasSize(1);
    assertThat(service.trigger("s", true).state()).isEqualTo(TriggerRunState.KEPT);
  }

  @Test
  void aChampionThatIsRolledBackDuringTheEvaluationIsNotComparedWith() {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    triggerAndTrain("s");
    service.work();
    service.champions.promote(new Decision("m", 2, "anna", "by hand", null), null);
    triggerAndTrain("s");
    List<String> done = new ArrayList<>();
    beforeEvaluation =
        () -> {
          if (done.isEmpty()) {
            done.add("rolled back");
            service.champions.rollBack("m", "anna", "worse in use", 2);
          }
        };
    TriggerRun outcome = service.finish("s");
    assertThat(outcome.state()).as(outcome.reason()).isEqualTo(TriggerRunState.KEPT);
    assertThat(outcome.figures()).contains("\"champion\":{\"version\":1,");
    assertThat(service.champion("m")).isEqualTo(1);
  }

  @Test
  void aModelThatIsDeletedDuringTheEvaluationFailsTheTriggerRunAndBeginsAgain() {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    triggerAndTrain("s");
    List<String> done = new ArrayList<>();
    beforeEvaluation =
        () -> {
          if (done.isEmpty()) {
            done.add("deleted");
            service.deletions.delete("m");
          }
        };
    TriggerRun outcome = service.finish("s");
    assertThat(outcome.state()).isEqualTo(TriggerRunState.FAILED);
    assertThat(outcome.reason()).startsWith("m@2 cannot be evaluated: ");
    assertThat(service.registry.models()).isEmpty();
    assertThat(service.trigger("s", true).state()).isEqualTo(TriggerRunState.PROMOTED);
    assertThat(service.champion("m")).isEqualTo(1);
  }

  @Test
  void aScheduleThatIsDeletedDuringTheEvaluationDecidesNothing() {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    triggerAndTrain("s");
    beforeEvaluation = () -> service.schedules.delete("s");
    service.work();
    assertThat(service.schedules.find("s")).isEmpty();
    assertThat(service.champions.history("m", null, 10)).hasSize(1);
    assertThat(service.work()).as("nothing is left").isFalse();
  }

  @Test
  void aChangeDuringTheTrainingCountsFromThen() {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    triggerAndTrain("s");
    service.schedules.change(plan("s", "other", "held-out.txt", 5), "anna");
    TriggerRun outcome = service.finish("s");
    assertThat(outcome.state()).as(outcome.reason()).isEqualTo(TriggerRunState.PROMOTED);
    assertThat(service.champion("other")).isEqualTo(1);
    assertThat(service.trigger("s", false).state())
        .as("trained under the new plan")
        .isEqualTo(TriggerRunState.KEPT);
    assertThat(service.trigger("s", false).state()).isEqualTo(TriggerRunState.SKIPPED);
  }

  @Test
  void aPausedScheduleFinishesItsTriggerRun() {
    create("s", "m", "held-out.txt");
    triggerAndTrain("s");
    service.schedules.pause("s", "anna");
    assertThat(service.finish("s").state()).isEqualTo(TriggerRunState.PROMOTED);
  }

  @Test
  void twoSchedulesOfOneModelDecideOneAfterTheOther() {
    create("a", "m", "held-out.txt");
    create("b", "m", "held-out.txt");
    triggerAndTrain("a");
    triggerAndTrain("b");
    assertThat(service.finish("a").state()).isEqualTo(TriggerRunState.PROMOTED);
    assertThat(service.finish("b").state()).isEqualTo(TriggerRunState.KEPT);
    assertThat(service.newest("b").figures()).contains("\"champion\":{\"version\":1,");
  }

  /** Of two schedules of one model, one keeps fewer runs and versions. */
  @Test
  void twoSchedulesOfOneModelDeleteNothingThatTheOtherKeeps() {
    create("a", "m", "held-out.txt");
    service.schedules.create(plan("b", "m", "held-out.txt", 1), "anna");
    for (int i = 0; i < 4; i++) {
      service.trigger("a", true);
    }
    service.trigger("b", true);
    service.trigger("b", true);
    assertThat(service.runs.list(null, null, 100)).as("4 of a, 1 of b").hasSize(5);
  }

  @Test
  void aTextThatIsADirectoryFailsWithThatReason() throws IOException {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    Files.delete(service.text("text.txt"));
    Files.createDirectory(service.text("text.txt"));
    TriggerRun outcome = service.trigger("s", false);
    assertThat(outcome.state()).isEqualTo(TriggerRunState.FAILED);
    assertThat(outcome.reason()).contains("text.txt");
    Files.delete(service.text("text.txt"));
    improve("to be or not to be!\n");
    assertThat(service.trigger("s", false).state())
        .isIn(TriggerRunState.PROMOTED, TriggerRunState.KEPT);
  }

  @Test
  void aHeldOutTextThatIsReplacedByACompressedOneFailsUntilItIsATextAgain() throws IOException {
    create("s", "m", "held-out.txt");
    service.trigger("s", true);
    Path heldOut = service.text("held-out.txt");
    Path text = Files.move(heldOut, folder.resolve("kept.txt"));
    Files.write(heldOut, new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
    improve("to be or not to be?\n");
    TriggerRun outcome = service.trigger("s", false);
    assertThat(outcome.state()).isEqualTo(TriggerRunState.FAILED);
    Files.move(text, heldOut, StandardCopyOption.REPLACE_EXISTING);
    assertThat(service.trigger("s", true).state())
        .isIn(TriggerRunState.PROMOTED, TriggerRunState.KEPT);
  }

  @Test
  void theRunOfADeletedScheduleIsNotRegistered() {
    create("s", "m", "held-out.txt");
    service.triggers.request("s", "ben", null, true);
    service.work();
    service.schedules.delete("s");
    service.train(service.take().orElseThrow(), 0, () -> {});
    assertThat(service.work()).isFalse();
    assertThat(service.registry.models()).isEmpty();
  }
}
