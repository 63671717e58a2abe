package trainer.service.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.runs.Runs.Submitted;

/** What holds of the queue whichever database it is in. */
abstract class RunsContract {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final int RETRIES = 2;
  private static final Set<Device> ALL = EnumSet.allOf(Device.class);

  private Database database;
  private Runs runs;
  private RunQueue worker;
  private RunQueue other;

  abstract Database open();

  @BeforeEach
  void start() {
    database = open();
    runs = new Runs(database);
    worker = new RunQueue(database, "worker");
    other = new RunQueue(database, "other");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private Run submit(String name, int priority) {
    return runs.submit(Submissions.of(name, "name: " + name, priority, "anna", null)).run();
  }

  private Run submit() {
    return submit("small", 0);
  }

  private RunState state(Run run) {
    return runs.find(run.id()).orElseThrow().state();
  }

  /** Takes the next run under a lease that has ended already. */
  private Lease takeExpired() throws InterruptedException {
    Lease lease = worker.take(Duration.ZERO, ALL).orElseThrow();
    TimeUnit.MILLISECONDS.sleep(5);
    return lease;
  }

  @Test
  void aWorkerTakesWhatItsDevicesCanTrain() {
    Run gpu =
        runs.submit(new Submission("small", "name: small", 9, "anna", null, null, Device.GPU))
            .run();
    Run any = submit();
    assertThat(worker.take(LEASE, EnumSet.of(Device.CPU)).map(Lease::run)).isEmpty();
    Set<Device> cpu = EnumSet.of(Device.ANY, Device.CPU);
    assertThat(worker.take(LEASE, cpu).orElseThrow().run().id()).isEqualTo(any.id());
    assertThat(worker.take(LEASE, cpu)).isEmpty();
    assertThat(other.take(LEASE, EnumSet.of(Device.GPU)).orElseThrow().run().id())
        .isEqualTo(gpu.id());
  }

  @Test
  void aSubmissionIsQueued() {
    Run run = submit("small.v2", 3);

    assertThat(run.id()).matches("small\\.v2-[0-9a-z]{8}").matches(Run.ID_FORM);
    assertThat(run.state()).isEqualTo(RunState.QUEUED);
    assertThat(run.attempt()).isZero();
    assertThat(run.priority()).isEqualTo(3);
    assertThat(run.submittedBy()).isEqualTo("anna");
    assertThat(run.submittedAt()).isNotNull();
    assertThat(run.startedAt()).isNull();
    assertThat(runs.find(run.id())).contains(run);
    assertThat(runs.configuration(run.id())).contains("name: small.v2");
    assertThat(runs.find("small-00000000")).isEmpty();
  }

  @Test
  void theSameSubmissionWithTheSameKeyMakesOneRun() {
    Submission submission = Submissions.of("small", "name: small", 0, "anna", "monday");
    Submitted first = runs.submit(submission);
    Submitted again = runs.submit(submission);

    assertThat(first.created()).isTrue();
    assertThat(again.created()).isFalse();
    assertThat(again.run()).isEqualTo(first.run());
    assertThatThrownBy(
            () -> runs.submit(Submissions.of("small", "name: large", 0, "anna", "monday")))
        .isInstanceOf(IdempotencyException.class)
        .hasMessageContaining("monday");
    // Somebody else's key is another key.
    assertThat(runs.submit(Submissions.of("small", "name: small", 0, "ben", "monday")).created())
        .isTrue();
  }

  @Test
  void manyAtOnceWithTheSameKeyMakeOneRun() throws Exception {
    Submission submission = Submissions.of("small", "name: small", 0, "anna", "monday");
    int threads = 8;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Submitted>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(
            executor.submit(
                () -> {
                  start.await();
                  return runs.submit(submission);
                }));
      }
      start.countDown();
      Set<String> ids = new HashSet<>();
      int created = 0;
      for (Future<Submitted> future : futures) {
        ids.add(future.get().run().id());
        created += future.get().created() ? 1 : 0;
      }
      assertThat(ids).hasSize(1);
      assertThat(created).isEqualTo(1);
      assertThat(runs.list(null, null, 10)).hasSize(1);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void noMoreWaitThanMayHoweverManySubmitAtOnce() throws Exception {
    int most = 5;
    Runs limited = new Runs(database, most);
    int threads = 12;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<String>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        String key = "key " + i;
        futures.add(
            executor.submit(
                () -> {
                  start.await();
                  try {
                    limited.submit(Submissions.of("small", "name: small", 0, "anna", key));
                    return key;
                  } catch (QueueFullException e) {
                    return null;
                  }
                }));
      }
      start.countDown();
      List<String> accepted = new ArrayList<>();
      for (Future<String> future : futures) {
        if (future.get() != null) {
          accepted.add(future.get());
        }
      }
      assertThat(accepted).hasSize(most);
      assertThat(runs.counts()).containsEntry(RunState.QUEUED, most);
      Submission repeated = Submissions.of("small", "name: small", 0, "anna", accepted.get(0));
      assertThat(limited.submit(repeated).created()).as("it is there already").isFalse();
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void whatGoesBackToTheQueueAlwaysMayWait() {
    Runs limited = new Runs(database, 1);
    Run first = submit();
    Lease lease = worker.take(LEASE, ALL).orElseThrow();
    Submission second = Submissions.of("small", "name: small", 0, "anna", "second");
    Run waiting = limited.submit(second).run();
    worker.end(lease, Ending.released("the service stops"));
    assertThat(runs.counts()).containsEntry(RunState.QUEUED, 2);

    limited.cancel(waiting.id());
    assertThatThrownBy(() -> limited.resume(waiting.id()))
        .isInstanceOf(QueueFullException.class)
        .hasMessageContaining("1 runs are waiting")
        .hasMessageContaining("queued_runs");
    assertThat(state(waiting)).isEqualTo(RunState.CANCELLED);
    assertThatThrownBy(() -> limited.resume(first.id())).isInstanceOf(RunStateException.class);
    limited.cancel(first.id());
    assertThat(limited.resume(waiting.id()).orElseThrow().state()).isEqualTo(RunState.QUEUED);
  }

  @Test
  void aKeyIsForgottenAfterAMonth() {
    Submission submission = Submissions.of("small", "name: small", 0, "anna", "monday");
    runs.submit(submission);
    assertThat(runs.forgetKeys()).isZero();
    assertThat(runs.submit(submission).created()).isFalse();
    long days = Duration.ofDays(31).toMillis();
    database.write(
        connection ->
            Sql.of("UPDATE idempotency_keys SET created_at = created_at - ?", days)
                .update(connection));
    assertThat(runs.forgetKeys()).isEqualTo(1);
    assertThat(runs.submit(submission).created()).isTrue();
  }

  @Test
  void runsAreTakenByPriorityThenInOrder() {
    Run first = submit("a", 0);
    Run second = submit("b", 0);
    Run urgent = submit("c", 1);

    List<String> taken = new ArrayList<>();
    for (Optional<Lease> lease = worker.take(LEASE, ALL); lease.isPresent(); ) {
      taken.add(lease.get().run().id());
      lease = worker.take(LEASE, ALL);
    }
    assertThat(taken).containsExactly(urgent.id(), first.id(), second.id());
  }

  @Test
  void eachRunIsTakenByOneWorker() throws Exception {
    int count = 40;
    for (int i = 0; i < count; i++) {
      submit("r", 0);
    }
    int threads = 6;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<List<Long>>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        RunQueue queue = new RunQueue(database, "worker " + i);
        futures.add(
            executor.submit(
                () -> {
                  List<Long> taken = new ArrayList<>();
                  for (Optional<Lease> lease = queue.take(LEASE, ALL); lease.isPresent(); ) {
                    taken.add(lease.get().run().number());
                    lease = queue.take(LEASE, ALL);
                  }
                  return taken;
                }));
      }
      List<Long> all = new ArrayList<>();
      for (Future<List<Long>> future : futures) {
        all.addAll(future.get());
      }
      assertThat(all).doesNotHaveDuplicates();
      // A worker passes over a row that another is taking, and may end while that one is at work.
      for (Optional<Lease> lease = worker.take(LEASE, ALL); lease.isPresent(); ) {
        all.add(lease.get().run().number());
        lease = worker.take(LEASE, ALL);
      }
      assertThat(all).doesNotHaveDuplicates().hasSize(count);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void aRunGoesThroughItsStates() {
    Run run = submit();
    Lease lease = worker.take(LEASE, ALL).orElseThrow();

    assertThat(lease.configuration()).isEqualTo("name: small");
    assertThat(lease.run().attempt()).isEqualTo(1);
    assertThat(state(run)).isEqualTo(RunState.RUNNING);
    assertThat(worker.held()).containsOnlyKeys(run.number());
    assertThat(other.held()).isEmpty();
    assertThat(worker.end(lease, Ending.succeeded())).isTrue();

    Run ended = runs.find(run.id()).orElseThrow();
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(ended.finishedAt()).isAfterOrEqualTo(ended.startedAt());
    assertThat(ended.worker()).isNull();
    assertThat(runs.attempts(run))
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.attempt()).isEqualTo(1);
              assertThat(attempt.worker()).isEqualTo("worker");
              assertThat(attempt.outcome()).isEqualTo("succeeded");
              assertThat(attempt.endedAt()).isNotNull();
            });
  }

  @Test
  void aFailedAttemptIsRetriedAfterAWhile() {
    Run run = submit();
    Lease lease = worker.take(LEASE, ALL).orElseThrow();
    worker.end(lease, Ending.retried("crashed", Duration.ofHours(1)));

    assertThat(state(run)).isEqualTo(RunState.QUEUED);
    assertThat(worker.take(LEASE, ALL)).as("the hour has not passed").isEmpty();
    Run waiting = runs.find(run.id()).orElseThrow();
    assertThat(waiting.failures()).isEqualTo(1);
    assertThat(waiting.reason()).isEqualTo("crashed");
    assertThat(Duration.between(waiting.submittedAt(), waiting.notBefore()))
        .isGreaterThanOrEqualTo(Duration.ofHours(1));
  }

  @Test
  void aReleasedRunIsTakenAgainAtOnce() {
    submit();
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Ending.released("the service stops"));

    Lease again = other.take(LEASE, ALL).orElseThrow();
    assertThat(again.run().attempt()).isEqualTo(2);
    assertThat(again.run().failures()).isZero();
  }

  @Test
  void aWorkerThatIsNotHeardOfLosesItsRuns() throws InterruptedException {
    Run run = submit();
    Lease stale = takeExpired();
    assertThat(other.giveBackExpired(RETRIES)).isEqualTo(1);
    assertThat(other.giveBackExpired(RETRIES)).isZero();
    assertThat(worker.held()).isEmpty();
    assertThat(worker.end(stale, Ending.succeeded())).as("nobody's").isFalse();

    Lease fresh = other.take(LEASE, ALL).orElseThrow();
    assertThat(fresh.run().attempt()).isEqualTo(2);
    assertThat(worker.end(stale, Ending.succeeded())).as("another's").isFalse();
    assertThat(state(run)).isEqualTo(RunState.RUNNING);
    worker.renew(Duration.ofDays(1), List.of(run.number()));
    assertThat(other.end(fresh, Ending.failed("diverged"))).isTrue();
    assertThat(state(run)).isEqualTo(RunState.FAILED);
    assertThat(runs.attempts(run)).extracting(Attempt::outcome).containsExactly("lost", "failed");
  }

  @Test
  void aStaleAttemptOfTheSameWorkerIsFencedToo() throws InterruptedException {
    Run run = submit();
    Lease stale = takeExpired();
    worker.giveBackExpired(RETRIES);
    Lease fresh = worker.take(LEASE, ALL).orElseThrow();

    assertThat(worker.end(stale, Ending.succeeded())).isFalse();
    assertThat(worker.held().get(run.number()).attempt()).isEqualTo(2);
    assertThat(worker.end(fresh, Ending.succeeded())).isTrue();
  }

  @Test
  void aRenewedLeaseIsKept() throws InterruptedException {
    Run run = submit();
    Lease lease = takeExpired();
    worker.renew(LEASE, List.of(run.number()));

    assertThat(other.giveBackExpired(RETRIES)).isZero();
    assertThat(worker.end(lease, Ending.succeeded())).isTrue();
    assertThat(state(run)).isEqualTo(RunState.SUCCEEDED);
  }

  /** As where the database failed while it gave the run, so that the worker knows nothing of it. */
  @Test
  void aRunThatItsWorkerKnowsNothingOfIsGivenBack() throws InterruptedException {
    Run known = submit();
    Run unknown = submit();
    takeExpired();
    takeExpired();
    worker.renew(LEASE, List.of(known.number()));

    assertThat(other.giveBackExpired(RETRIES)).isEqualTo(1);
    assertThat(state(known)).isEqualTo(RunState.RUNNING);
    assertThat(state(unknown)).isEqualTo(RunState.QUEUED);
  }

  @Test
  void aRunThatTakesItsWorkersDownIsGivenUp() throws InterruptedException {
    Run run = submit();
    for (int i = 0; i <= RETRIES; i++) {
      assertThat(state(run)).isEqualTo(RunState.QUEUED);
      takeExpired();
      other.giveBackExpired(RETRIES);
    }
    assertThat(state(run)).isEqualTo(RunState.INTERRUPTED);
    assertThat(runs.find(run.id()).orElseThrow().reason()).contains("3 times in all");

    assertThat(runs.resume(run.id()).orElseThrow().failures()).isZero();
    assertThat(worker.take(LEASE, ALL).orElseThrow().run().attempt()).isEqualTo(RETRIES + 2);
  }

  @Test
  void aQueuedRunIsCancelledAtOnce() {
    Run run = submit();
    assertThat(runs.cancel(run.id()).orElseThrow().state()).isEqualTo(RunState.CANCELLED);

    assertThat(worker.take(LEASE, ALL)).isEmpty();
    assertThat(runs.find(run.id()).orElseThrow().finishedAt()).isNotNull();
    assertThatThrownBy(() -> runs.cancel(run.id()))
        .isInstanceOf(RunStateException.class)
        .hasMessageContaining(run.id() + " is cancelled and cannot be cancelled");
    assertThat(runs.cancel("small-00000000")).isEmpty();
  }

  @Test
  void aRunningRunIsCancelledByItsWorker() {
    Run run = submit();
    Lease lease = worker.take(LEASE, ALL).orElseThrow();
    assertThat(runs.cancel(run.id()).orElseThrow().state()).isEqualTo(RunState.RUNNING);
    assertThat(worker.held().get(run.number()).cancelRequested()).isTrue();

    // Whatever became of the attempt in the meantime, it is not begun again.
    worker.end(lease, Ending.retried("crashed", Duration.ZERO));
    assertThat(state(run)).isEqualTo(RunState.CANCELLED);
    assertThat(runs.find(run.id()).orElseThrow().finishedAt()).isNotNull();
  }

  @Test
  void onlyARunThatDidNotSucceedIsResumed() {
    Run run = submit();
    assertThatThrownBy(() -> runs.resume(run.id())).isInstanceOf(RunStateException.class);
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Ending.interrupted("SIGTERM"));
    assertThat(runs.resume(run.id()).orElseThrow().state()).isEqualTo(RunState.QUEUED);
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Ending.succeeded());
    assertThatThrownBy(() -> runs.resume(run.id()))
        .isInstanceOf(RunStateException.class)
        .hasMessageContaining("succeeded");
    assertThat(runs.resume("small-00000000")).isEmpty();
  }

  @Test
  void onlyARunThatHasEndedIsDeleted() {
    Run run = submit();
    assertThatThrownBy(() -> runs.delete(run.id())).isInstanceOf(RunStateException.class);
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Ending.succeeded());

    assertThat(runs.delete(run.id())).isTrue();
    assertThat(runs.find(run.id())).isEmpty();
    assertThat(runs.delete(run.id())).isFalse();
  }

  @Test
  void theListIsFilteredAndPaged() {
    List<Run> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(0, submit());
    }
    assertThat(runs.list(null, null, 3)).isEqualTo(all.subList(0, 3));
    assertThat(runs.list(null, all.get(2).number(), 3)).isEqualTo(all.subList(3, 5));
    worker.take(LEASE, ALL);
    assertThat(runs.list(RunState.RUNNING, null, 9))
        .extracting(Run::number)
        .containsExactly(all.get(4).number());
    assertThat(runs.counts())
        .containsEntry(RunState.QUEUED, 4)
        .containsEntry(RunState.RUNNING, 1)
        .containsEntry(RunState.FAILED, 0);
  }
}
