package trainer.service.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Contract of {@link RunQueue} for both databases. */
abstract class RunQueueContract extends RunsFixture {
  private static final int RETRIES = 2;
  private static final Duration YEAR = Duration.ofDays(365);

  /** Takes the next run under a lease that has ended already. */
  private Lease takeExpired() throws InterruptedException {
    Lease lease = worker.take(Duration.ZERO, ALL).orElseThrow();
    TimeUnit.MILLISECONDS.sleep(5);
    return lease;
  }

  /** A program may print anything. */
  @Test
  void aReasonThatNoDatabaseStoresIsStoredAllTheSame() {
    Run run = submit();
    worker.end(
        worker.take(LEASE, ALL).orElseThrow(), Outcome.failed("a\u0000b \ud800 \ud83d\ude00"));
    assertThat(runs.find(run.id()).orElseThrow().reason())
        .isEqualTo("a\ufffdb \ufffd \ud83d\ude00");
  }

  @Test
  void aWorkerTakesWhatItsDevicesCanTrain() {
    Run gpu =
        runs.submit(
                new Submission("small", "name: small", 9, "anna", null, null, DeviceKind.GPU, 1))
            .run();
    Run any = submit();
    assertThat(worker.take(LEASE, EnumSet.of(DeviceKind.CPU)).map(Lease::run)).isEmpty();
    Set<DeviceKind> cpu = EnumSet.of(DeviceKind.ANY, DeviceKind.CPU);
    assertThat(worker.take(LEASE, cpu).orElseThrow().run().id()).isEqualTo(any.id());
    assertThat(worker.take(LEASE, cpu)).isEmpty();
    assertThat(other.take(LEASE, EnumSet.of(DeviceKind.GPU)).orElseThrow().run().id())
        .isEqualTo(gpu.id());
  }

  @Test
  void aRunIsTakenOnlyWithAsManyGpusAsItNeeds() {
    Run large =
        runs.submit(new Submission("large", "x", 0, "anna", null, null, DeviceKind.GPU, 4)).run();
    Run small =
        runs.submit(new Submission("small", "x", 0, "anna", null, null, DeviceKind.GPU, 1)).run();
    assertThat(worker.take(LEASE, ALL, 4, 3)).as("the small one is behind it").isEmpty();
    assertThat(other.take(LEASE, ALL, 2, 2).orElseThrow().run().id()).isEqualTo(small.id());
    Lease taken = worker.take(LEASE, ALL, 4, 4).orElseThrow();
    assertThat(taken.run().id()).isEqualTo(large.id());
    assertThat(taken.gpus()).isEqualTo(4);
  }

  /** As if the clock had been a year ahead when a worker died, or a run was to be tried again. */
  @Test
  void aClockThatIsSetBackHoldsNoRun() {
    submit();
    Lease died = worker.take(LEASE.plus(YEAR), ALL).orElseThrow();
    assertThat(other.giveBackExpired(RETRIES)).isEqualTo(1);
    Lease again = other.take(LEASE, ALL).orElseThrow();
    assertThat(again.run().id()).isEqualTo(died.run().id());
    assertThat(other.end(again, Outcome.retried("it failed", YEAR))).isTrue();
    assertThat(worker.take(LEASE, ALL)).isPresent();
    assertThat(other.giveBackExpired(RETRIES)).as("a lease of now").isZero();
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
    assertThat(worker.end(lease, Outcome.succeeded())).isTrue();

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
    worker.end(lease, Outcome.retried("crashed", Duration.ofMinutes(9)));

    assertThat(state(run)).isEqualTo(RunState.QUEUED);
    assertThat(worker.take(LEASE, ALL)).as("the hour has not passed").isEmpty();
    Run waiting = runs.find(run.id()).orElseThrow();
    assertThat(waiting.failures()).isEqualTo(1);
    assertThat(waiting.reason()).isEqualTo("crashed");
    assertThat(Duration.between(waiting.submittedAt(), waiting.notBefore()))
        .isGreaterThanOrEqualTo(Duration.ofMinutes(9));
  }

  @Test
  void aReleasedRunIsTakenAgainAtOnce() {
    submit();
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Outcome.released("the service stops"));

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
    assertThat(worker.end(stale, Outcome.succeeded())).as("nobody's").isFalse();

    Lease fresh = other.take(LEASE, ALL).orElseThrow();
    assertThat(fresh.run().attempt()).isEqualTo(2);
    assertThat(worker.end(stale, Outcome.succeeded())).as("another's").isFalse();
    assertThat(state(run)).isEqualTo(RunState.RUNNING);
    worker.renew(Duration.ofMinutes(9), List.of(run.number()));
    assertThat(other.end(fresh, Outcome.failed("diverged"))).isTrue();
    assertThat(state(run)).isEqualTo(RunState.FAILED);
    assertThat(runs.attempts(run)).extracting(Attempt::outcome).containsExactly("lost", "failed");
  }

  @Test
  void aStaleAttemptOfTheSameWorkerIsFencedToo() throws InterruptedException {
    Run run = submit();
    Lease stale = takeExpired();
    worker.giveBackExpired(RETRIES);
    Lease fresh = worker.take(LEASE, ALL).orElseThrow();

    assertThat(worker.end(stale, Outcome.succeeded())).isFalse();
    assertThat(worker.held().get(run.number()).attempt()).isEqualTo(2);
    assertThat(worker.end(fresh, Outcome.succeeded())).isTrue();
  }

  @Test
  void aRenewedLeaseIsKept() throws InterruptedException {
    Run run = submit();
    Lease lease = takeExpired();
    worker.renew(LEASE, List.of(run.number()));

    assertThat(other.giveBackExpired(RETRIES)).isZero();
    assertThat(worker.end(lease, Outcome.succeeded())).isTrue();
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
  void aRunningRunIsCancelledByItsWorker() {
    Run run = submit();
    Lease lease = worker.take(LEASE, ALL).orElseThrow();
    assertThat(runs.cancel(run.id()).orElseThrow().state()).isEqualTo(RunState.RUNNING);
    assertThat(worker.held().get(run.number()).cancelRequested()).isTrue();

    // The attempt is not restarted, however it ended.
    worker.end(lease, Outcome.retried("crashed", Duration.ZERO));
    assertThat(state(run)).isEqualTo(RunState.CANCELLED);
    assertThat(runs.find(run.id()).orElseThrow().finishedAt()).isNotNull();
  }
}
