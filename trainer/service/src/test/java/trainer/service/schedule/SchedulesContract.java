package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.registry.Checkpoints;
import trainer.service.registry.Deletions;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.QueueFullException;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.service.schedule.TriggerRuns.Inputs;

/** Contract of schedules for both databases. */
abstract class SchedulesContract {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final TriggerOutcome PROMOTED =
      new TriggerOutcome(TriggerRunState.PROMOTED, "better", 1, null, null);

  @TempDir private Path folder;
  private Database database;
  private Schedules schedules;
  private Triggers triggers;
  private Runs runs;
  private TriggerRuns one;
  private TriggerRuns other;

  abstract Database open(Path folder);

  @BeforeEach
  void start() {
    database = open(folder);
    schedules = new Schedules(database);
    triggers = new Triggers(database);
    runs = new Runs(database);
    one = new TriggerRuns(database, runs, "one");
    other = new TriggerRuns(database, runs, "other");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private static SchedulePlan plan(String cron, Missed missed, boolean overlap) {
    return new SchedulePlan(
        "nightly",
        Cron.of(cron, "Europe/Berlin"),
        "data: {corpus: text.txt}",
        "shakespeare",
        Start.CHAMPION,
        true,
        "held.txt",
        0.25,
        3,
        4,
        missed,
        overlap,
        7);
  }

  private Schedule nightly(Missed missed, boolean overlap) {
    return schedules.create(plan("30 3 * * *", missed, overlap), "anna").orElseThrow();
  }

  /** Moves the next instant of the schedule; returns it as it is then. */
  private Schedule dueAt(Instant instant) {
    database.write(
        connection ->
            Sql.of("UPDATE schedules SET next_at = ?", instant.toEpochMilli()).update(connection));
    return schedules.find("nightly").orElseThrow();
  }

  private Instant now() {
    long time =
        database.read(
            connection ->
                Sql.of("SELECT " + database.dialect().now())
                    .first(connection, row -> row.getLong(1))
                    .orElseThrow());
    return Instant.ofEpochMilli(time);
  }

  private List<TriggerRun> history() {
    return schedules.history(schedules.find("nightly").orElseThrow(), null, 100);
  }

  @Test
  void aScheduleIsKeptAsItWasMade() {
    Schedule made = nightly(Missed.ONCE, false);
    assertThat(made.nextAt()).isAfter(now()).isBefore(now().plus(Duration.ofHours(26)));
    assertThat(made.changedBy()).isEqualTo("anna");
    SchedulePlan plan = schedules.find("nightly").orElseThrow().plan();
    assertThat(plan.cron().text()).isEqualTo("30 3 * * *");
    assertThat(plan.cron().zone().getId()).isEqualTo("Europe/Berlin");
    assertThat(plan).usingRecursiveComparison().ignoringFields("cron").isEqualTo(made.plan());
    assertThat(plan.margin()).isEqualTo(0.25);
    assertThat(schedules.create(made.plan(), "ben")).as("the name is taken").isEmpty();

    Schedule changed = schedules.change(plan("0 * * * *", Missed.SKIP, true), "ben").orElseThrow();
    assertThat(changed.nextAt()).isBefore(now().plus(Duration.ofHours(1).plusSeconds(1)));
    assertThat(changed.plan().overlap()).isTrue();
    assertThat(changed.changedBy()).isEqualTo("ben");
    assertThat(schedules.delete("nightly")).isTrue();
    assertThat(schedules.delete("nightly")).isFalse();
    assertThat(schedules.change(made.plan(), "ben")).isEmpty();
  }

  /** As if the change came just before the poll that would have seen the instant. */
  @Test
  void anInstantThatIsDueIsNotLostByAChange() {
    SchedulePlan plan = nightly(Missed.ONCE, false).plan();
    Instant due = dueAt(now().minusSeconds(1)).nextAt();
    assertThat(schedules.change(plan, "ben").orElseThrow().nextAt()).isEqualTo(due);
    assertThat(triggers.fireDue()).hasSize(1);
    dueAt(now().minusSeconds(1));
    assertThat(schedules.change(plan("31 3 * * *", Missed.ONCE, false), "ben")).isPresent();
    assertThat(triggers.fireDue()).as("it has other times").isEmpty();
  }

  /** As if the clock had been a year ahead. */
  @Test
  void aClockThatIsSetBackStopsNoSchedule() {
    Duration year = Duration.ofDays(365);
    Schedule made = nightly(Missed.ONCE, false);
    dueAt(made.nextAt().plus(year));
    triggers.followClock();
    assertThat(schedules.find("nightly").orElseThrow().nextAt()).isEqualTo(made.nextAt());

    dueAt(now());
    assertThat(triggers.fireDue()).hasSize(1);
    assertThat(one.take(LEASE.plus(year))).isPresent();
    assertThat(other.take(LEASE)).as("a lease of then").isPresent();
    assertThat(one.take(LEASE)).as("a lease of now").isEmpty();

    schedules.pause("nightly", "anna");
    Instant paused = dueAt(now().plus(year)).nextAt();
    triggers.followClock();
    assertThat(schedules.find("nightly").orElseThrow().nextAt()).isEqualTo(paused);
    assertThat(schedules.resume("nightly", "anna").orElseThrow().nextAt()).isEqualTo(made.nextAt());
  }

  /** As if the clock jumped a year: what was in between counts as missed, once. */
  @Test
  void aClockThatIsSetForwardFiresOnceAndGoesOn() {
    Duration year = Duration.ofDays(365);
    nightly(Missed.ONCE, false);
    dueAt(now().minus(year));
    assertThat(triggers.fireDue()).hasSize(1);
    assertThat(one.take(LEASE)).isPresent();
    Instant next = schedules.find("nightly").orElseThrow().nextAt();
    assertThat(next).isAfter(now()).isBefore(now().plus(Duration.ofHours(26)));
    assertThat(triggers.fireDue()).isEmpty();
    database.write(
        connection ->
            Sql.of("UPDATE firings SET lease_until = lease_until - ?", year.toMillis())
                .update(connection));
    assertThat(other.take(LEASE)).as("a lease of then has passed").isPresent();
    assertThat(history()).hasSize(1);
  }

  @Test
  void anInstantFiresOnceAlthoughTheClockIsSetBack() {
    nightly(Missed.ONCE, true);
    Instant due = dueAt(now()).nextAt();
    assertThat(triggers.fireDue()).hasSize(1);
    dueAt(due);
    assertThat(triggers.fireDue()).isEmpty();
    assertThat(schedules.find("nightly").orElseThrow().nextAt()).isAfter(now());
    assertThat(history()).hasSize(1);
  }

  @Test
  void whatIsDueFiresOnceAndMovesOn() {
    nightly(Missed.SKIP, false);
    assertThat(triggers.fireDue()).as("not due").isEmpty();
    Schedule due = schedules.change(plan("* * * * *", Missed.SKIP, false), "anna").orElseThrow();
    Instant instant = due.nextAt().minus(Duration.ofMinutes(1));
    Schedule seen = dueAt(instant);

    List<TriggerRun> fired = triggers.fireDue();
    assertThat(fired).hasSize(1);
    assertThat(fired.get(0).state()).isEqualTo(TriggerRunState.PREPARING);
    assertThat(fired.get(0).dueAt()).isAfterOrEqualTo(instant).isBeforeOrEqualTo(now());
    assertThat(fired.get(0).requestedBy()).isNull();
    assertThat(schedules.find("nightly").orElseThrow().nextAt()).isAfter(fired.get(0).dueAt());
    assertThat(triggers.fire(seen)).as("for the same instant").isEmpty();
  }

  /** As where the clock of the database was put back in between. */
  @Test
  void anInstantThatComesTwiceFiresOnceAndHoldsUpNothing() {
    nightly(Missed.ONCE, false);
    Instant instant = now().minusSeconds(1);
    dueAt(instant);
    assertThat(triggers.fireDue()).hasSize(1);
    dueAt(instant);
    assertThat(triggers.fireDue()).isEmpty();
    assertThat(schedules.find("nightly").orElseThrow().nextAt()).isAfter(now());
    assertThat(history()).hasSize(1);
  }

  @Test
  void ofManyProcessesOneFires() throws Exception {
    nightly(Missed.ONCE, true);
    int processes = 6;
    ExecutorService threads = Executors.newFixedThreadPool(processes);
    try {
      for (int round = 0; round < 10; round++) {
        Schedule seen = dueAt(now().minusSeconds(1 + round));
        CountDownLatch begin = new CountDownLatch(1);
        List<Future<Optional<TriggerRun>>> results = new ArrayList<>();
        for (int i = 0; i < processes; i++) {
          results.add(
              threads.submit(
                  () -> {
                    begin.await();
                    return new Triggers(database).fire(seen);
                  }));
        }
        begin.countDown();
        int fired = 0;
        for (Future<Optional<TriggerRun>> result : results) {
          fired += result.get(60, TimeUnit.SECONDS).isPresent() ? 1 : 0;
        }
        assertThat(fired).as("round %d", round).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(history()).hasSize(10);
  }

  @Test
  void missedInstantsAreNotedOrMadeUpForOnce() {
    nightly(Missed.SKIP, false);
    dueAt(now().minus(Duration.ofDays(10)));
    assertThat(triggers.fireDue()).hasSize(1);
    TriggerRun missed = history().get(0);
    assertThat(missed.state()).isEqualTo(TriggerRunState.MISSED);
    assertThat(missed.reason()).startsWith("no service was running from ");
    assertThat(missed.endedAt()).isNotNull();
    assertThat(Duration.between(missed.dueAt(), now())).isLessThan(Duration.ofHours(26));

    schedules.delete("nightly");
    nightly(Missed.ONCE, false);
    dueAt(now().minus(Duration.ofDays(10)));
    assertThat(triggers.fireDue()).hasSize(1);
    assertThat(history()).extracting(TriggerRun::state).containsExactly(TriggerRunState.PREPARING);
  }

  @Test
  void aScheduleWaitsForItsOwnEndUnlessToldOtherwise() {
    nightly(Missed.ONCE, false);
    dueAt(now());
    triggers.fireDue();
    dueAt(now());
    triggers.fireDue();
    assertThat(history().get(0).state()).isEqualTo(TriggerRunState.SKIPPED);
    assertThat(history().get(0).reason()).startsWith("the trigger run of ");
    assertThatThrownBy(() -> triggers.request("nightly", "ben", null, false))
        .isInstanceOf(ScheduleException.class)
        .hasMessageContaining("is in progress");

    schedules.change(plan("30 3 * * *", Missed.ONCE, true), "anna");
    dueAt(now());
    triggers.fireDue();
    assertThat(history().get(0).state()).isEqualTo(TriggerRunState.PREPARING);
    assertThat(triggers.request("nightly", "ben", null, false)).isPresent();
  }

  @Test
  void aPausedScheduleFiresOnRequestOnly() throws InterruptedException {
    nightly(Missed.ONCE, false);
    dueAt(now().minusSeconds(10));
    Instant created = schedules.find("nightly").orElseThrow().changedAt();
    TimeUnit.MILLISECONDS.sleep(5);
    assertThat(schedules.pause("nightly", "carl").orElseThrow().paused()).isTrue();
    assertThat(schedules.find("nightly").orElseThrow().changedBy()).isEqualTo("carl");
    Instant paused = schedules.find("nightly").orElseThrow().changedAt();
    assertThat(paused).isAfter(created);
    assertThat(schedules.pause("nightly", "dora").orElseThrow().changedAt()).isEqualTo(paused);
    assertThat(triggers.fireDue()).isEmpty();
    TriggerRun asked = triggers.request("nightly", "ben", "monday", true).orElseThrow();
    assertThat(asked.requestedBy()).isEqualTo("ben");
    assertThat(asked.forced()).isTrue();
    assertThat(triggers.request("nightly", "ben", "monday", true))
        .as("the same key")
        .map(TriggerRun::number)
        .hasValue(asked.number());
    Schedule resumed = schedules.resume("nightly", "carl").orElseThrow();
    assertThat(resumed.nextAt()).as("what was due in the meantime is over").isAfter(now());
    assertThat(triggers.fireDue()).isEmpty();
    assertThat(triggers.request("hourly", "ben", null, false)).isEmpty();
    assertThat(schedules.pause("hourly", "carl")).isEmpty();
  }

  @Test
  void aTriggerRunIsTakenWhenItsRunHasEnded() {
    nightly(Missed.ONCE, false);
    triggers.request("nightly", "ben", null, false);
    TriggerRun triggerRun = one.take(LEASE).orElseThrow();
    assertThat(triggerRun.attempt()).isEqualTo(1);
    assertThat(other.take(LEASE)).as("it is taken").isEmpty();
    one.train(triggerRun, submission("x"), new Inputs("c", "d"));
    assertThat(one.take(LEASE)).as("its run waits").isEmpty();
    TriggerRun training = history().get(0);
    assertThat(training.state()).isEqualTo(TriggerRunState.TRAINING);
    assertThat(runs.find(training.run()).orElseThrow().submittedBy()).isEqualTo("schedule nightly");
    assertThat(one.isResultOf(schedules.find("nightly").orElseThrow(), new Inputs("c", "d")))
        .isFalse();

    runs.cancel(training.run());
    TriggerRun again = other.take(LEASE).orElseThrow();
    other.end(again, new TriggerOutcome(TriggerRunState.KEPT, "worse", 2, "{}", "e"));
    assertThat(history().get(0).version()).isEqualTo(2);
    assertThat(other.take(LEASE)).isEmpty();
    assertThat(one.isResultOf(schedules.find("nightly").orElseThrow(), new Inputs("e", "d")))
        .as("the text that was trained on, not that of the time when it was queued")
        .isTrue();
  }

  private TriggerRun ended(String run, TriggerRunState state, Inputs inputs) {
    triggers.request("nightly", "ben", null, false);
    TriggerRun triggerRun = one.take(LEASE).orElseThrow();
    Submission submission =
        new Submission("nightly", run, 0, "schedule nightly", run, null, DeviceKind.ANY, 1);
    one.train(triggerRun, submission, inputs);
    if (state == TriggerRunState.FAILED) {
      database.write(
          connection ->
              Sql.of("UPDATE runs SET state = 'failed' WHERE state = 'queued'").update(connection));
    } else {
      runs.cancel(history().get(0).run());
    }
    TriggerRun again = one.take(LEASE).orElseThrow();
    one.end(again, new TriggerOutcome(state, run + " is over", null, null, null));
    return history().get(0);
  }

  @Test
  void failuresWithTheSameInputsAreCountedSinceTheLastResult() {
    Schedule schedule = nightly(Missed.ONCE, false);
    Inputs inputs = new Inputs("c", "d");
    ended("one", TriggerRunState.FAILED, inputs);
    assertThat(one.failures(schedule, inputs)).hasSize(1);
    ended("two", TriggerRunState.KEPT, inputs);
    assertThat(one.failures(schedule, inputs)).isEmpty();
    ended("three", TriggerRunState.FAILED, inputs);
    TriggerRun last = ended("four", TriggerRunState.FAILED, inputs);
    ended("five", TriggerRunState.FAILED, new Inputs("another", "d"));
    List<TriggerRuns.Failure> failures = one.failures(schedule, inputs);
    assertThat(failures)
        .extracting(TriggerRuns.Failure::reason)
        .containsExactly("four is over", "three is over");
    assertThat(failures.get(0).age()).isBetween(Duration.ZERO, Duration.ofMinutes(5));
    assertThat(one.endedRuns(schedule)).hasSize(5).contains(last.run());
    database.write(
        connection ->
            Sql.of("UPDATE runs SET state = 'cancelled' WHERE id = ?", last.run())
                .update(connection));
    assertThat(one.failures(schedule, inputs)).as("a cancelled run is no failure").hasSize(1);
  }

  @Test
  void pausesBetweenFailuresGrowToHalfADay() {
    assertThat(Retraining.pauseAfter(1)).isEqualTo(Duration.ofMinutes(10));
    assertThat(Retraining.pauseAfter(3)).isEqualTo(Duration.ofMinutes(40));
    assertThat(Retraining.pauseAfter(100)).isEqualTo(Duration.ofHours(12));
  }

  @Test
  void aTriggerRunThatIsReleasedWithADelayIsNotTakenBefore() throws InterruptedException {
    nightly(Missed.ONCE, false);
    triggers.request("nightly", "ben", null, false);
    one.release(one.take(LEASE).orElseThrow(), Duration.ofMillis(300));
    assertThat(one.take(LEASE)).isEmpty();
    TimeUnit.MILLISECONDS.sleep(400);
    assertThat(one.take(LEASE)).isPresent();
  }

  @Test
  void oldTriggerRunsAreForgottenButTheLastResult() {
    nightly(Missed.ONCE, false);
    List<Long> numbers = new ArrayList<>();
    for (TriggerRunState end :
        List.of(
            TriggerRunState.KEPT,
            TriggerRunState.PROMOTED,
            TriggerRunState.FAILED,
            TriggerRunState.SKIPPED,
            TriggerRunState.FAILED)) {
      numbers.add(triggers.request("nightly", "ben", null, false).orElseThrow().number());
      TriggerRun triggerRun = one.take(LEASE).orElseThrow();
      one.end(triggerRun, new TriggerOutcome(end, "so it was", null, null, null));
    }
    schedules.forgetTriggerRuns(5);
    assertThat(history()).hasSize(5);
    schedules.forgetTriggerRuns(2);
    assertThat(history())
        .extracting(TriggerRun::number)
        .containsExactly(numbers.get(4), numbers.get(3), numbers.get(1));
  }

  /** Else its files would stay for ever: what a schedule deletes is counted by its trigger runs. */
  @Test
  void aTriggerRunIsNotForgottenBeforeItsRun() {
    nightly(Missed.ONCE, false);
    TriggerRun trained = ended("first", TriggerRunState.FAILED, new Inputs("c", "d"));
    for (int i = 0; i < 3; i++) {
      triggers.request("nightly", "ben", null, false);
      one.end(one.take(LEASE).orElseThrow(), TriggerOutcome.skipped("unchanged"));
    }
    schedules.forgetTriggerRuns(1);
    assertThat(history())
        .hasSize(2)
        .last()
        .extracting(TriggerRun::number)
        .isEqualTo(trained.number());
    runs.delete(trained.run(), () -> {});
    schedules.forgetTriggerRuns(1);
    assertThat(history()).hasSize(1);
  }

  /** Another schedule of the model may have registered a newer version, and tidies up. */
  @Test
  void aVersionThatIsBeingEvaluatedIsNotDeleted() throws IOException {
    nightly(Missed.ONCE, false);
    triggers.request("nightly", "ben", null, false);
    TriggerRun triggerRun = one.take(LEASE).orElseThrow();
    one.train(triggerRun, submission("x"), new Inputs("c", "d"));
    String run = history().get(0).run();
    runs.cancel(run);
    triggerRun = one.take(LEASE).orElseThrow();
    RegistryFiles files = new RegistryFiles(folder);
    Registry registry = new Registry(database, files);
    Deletions deletions = new Deletions(database, files);
    for (String each : List.of(run, "another")) {
      RunDirectory trained = new RunDirectory(folder.resolve(each));
      Files.createDirectories(trained.path());
      Checkpoints.write(trained.best(), each);
      registry.register("shakespeare", trained, each, "anna");
    }

    assertThat(deletions.prune("shakespeare", 1)).isZero();
    one.end(triggerRun, TriggerOutcome.failed("it is over"));
    assertThat(deletions.prune("shakespeare", 1)).isEqualTo(1);
  }

  @Test
  void aTriggerRunWhoseRunFindsNoRoomSaysSo() {
    nightly(Missed.ONCE, false);
    runs.submit(submission("another"));
    triggers.request("nightly", "ben", null, false);
    TriggerRuns full = new TriggerRuns(database, new Runs(database, 1), "one");
    TriggerRun triggerRun = full.take(LEASE).orElseThrow();
    Submission submission =
        new Submission("nightly", "x", 0, "schedule nightly", "nightly 2", null, DeviceKind.ANY, 1);
    assertThatThrownBy(() -> full.train(triggerRun, submission, new Inputs("c", "d")))
        .isInstanceOf(QueueFullException.class);
    assertThat(history().get(0).state()).isEqualTo(TriggerRunState.PREPARING);
    assertThat(history().get(0).run()).isNull();
  }

  private static Submission submission(String configuration) {
    return new Submission(
        "nightly", configuration, 0, "schedule nightly", "nightly 1", null, DeviceKind.ANY, 1);
  }

  /** A process that was paused beyond its lease can do nothing any more. */
  @Test
  void whoWasTakenForDeadChangesNothing() throws InterruptedException {
    nightly(Missed.ONCE, false);
    triggers.request("nightly", "ben", null, false);
    TriggerRun paused = one.take(Duration.ZERO).orElseThrow();
    TimeUnit.MILLISECONDS.sleep(5);
    TriggerRun current = other.take(LEASE).orElseThrow();

    assertThatThrownBy(() -> one.train(paused, submission("x"), new Inputs("c", "d")))
        .isInstanceOf(TriggerRuns.LostException.class);
    assertThat(runs.list(null, null, 10)).as("no run").isEmpty();
    assertThatThrownBy(
            () ->
                one.end(
                    paused,
                    PROMOTED,
                    connection -> {
                      throw new AssertionError("nothing may be promoted");
                    }))
        .isInstanceOf(TriggerRuns.LostException.class);
    one.release(paused);
    assertThat(one.take(LEASE)).isEmpty();
    assertThatThrownBy(
            () ->
                other.end(
                    current,
                    PROMOTED,
                    connection -> {
                      throw new IllegalStateException("the other half fails");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(history().get(0).state()).isEqualTo(TriggerRunState.PREPARING);
    other.release(current);
    assertThat(one.take(LEASE)).isPresent();
    assertThat(new RunQueue(database, "worker").take(LEASE, EnumSet.allOf(DeviceKind.class)))
        .isEmpty();
  }
}
