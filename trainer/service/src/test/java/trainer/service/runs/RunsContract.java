package trainer.service.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Sql;
import trainer.service.runs.Runs.Submitted;

/** Contract of {@link Runs} for both databases. */
abstract class RunsContract extends RunsFixture {
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
    // Keys are per caller.
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
  void labelsThatAreChangedAtTheSameTimeAreAllKept() throws Exception {
    Run run = submit();
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 1; i <= 20; i++) {
        String word = "w" + i;
        futures.add(
            executor.submit(
                () ->
                    runs.label(run.id(), old -> new Labels(old.tags(), old.note() + word, false))));
      }
      for (Future<?> future : futures) {
        future.get();
      }
      String note = runs.find(run.id()).orElseThrow().labels().note();
      assertThat(note.split("(?=w)")).hasSize(20);
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
    worker.end(lease, Outcome.released("the service stops"));
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
  void onlyARunThatDidNotSucceedIsResumed() {
    Run run = submit();
    assertThatThrownBy(() -> runs.resume(run.id())).isInstanceOf(RunStateException.class);
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Outcome.cancelled());
    assertThat(runs.resume(run.id()).orElseThrow().state()).isEqualTo(RunState.QUEUED);
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Outcome.succeeded());
    assertThatThrownBy(() -> runs.resume(run.id()))
        .isInstanceOf(RunStateException.class)
        .hasMessageContaining("succeeded");
    assertThat(runs.resume("small-00000000")).isEmpty();
  }

  @Test
  void onlyARunThatHasEndedIsDeleted() {
    Run run = submit();
    assertThatThrownBy(() -> runs.delete(run.id(), () -> {})).isInstanceOf(RunStateException.class);
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Outcome.succeeded());

    assertThat(runs.delete(run.id(), () -> {})).isTrue();
    assertThat(runs.find(run.id())).isEmpty();
    assertThat(runs.delete(run.id(), () -> {})).isFalse();
  }

  @Test
  void aRunAndItsFilesAreDeletedTogetherOrNotAtAll(@TempDir Path folder) throws IOException {
    Run run = submit();
    worker.end(worker.take(LEASE, ALL).orElseThrow(), Outcome.succeeded());
    RunFiles files = new RunFiles(folder);
    Path log = Files.createDirectories(files.directory(run)).resolve("1.log");
    Files.writeString(log, "step 1");
    Runnable failing =
        () -> {
          files.setAside(run);
          throw new IllegalStateException("before the transaction was committed");
        };

    assertThatThrownBy(() -> runs.delete(run.id(), failing))
        .isInstanceOf(IllegalStateException.class);
    assertThat(log).doesNotExist();
    files.finishDeleting(runs::isKept); // as the next start does after a crash
    assertThat(runs.find(run.id())).isPresent();
    assertThat(log).hasContent("step 1");

    assertThat(runs.delete(run.id(), () -> files.setAside(run))).isTrue();
    files.finishDeleting(runs::isKept);
    assertThat(runs.find(run.id())).isEmpty();
    assertThat(folder).isEmptyDirectory();
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

  @Test
  void whatRunsAreSearchedByIsKeptUntilTheyAreDeleted() {
    Run run = submit();
    SearchedRuns searched = new SearchedRuns(database);
    assertThat(searched.missing(9)).extracting(Run::number).containsExactly(run.number());
    SearchedRuns.Searched active = new SearchedRuns.Searched("name: small\n", 0, "");
    searched.keep(Map.of(run.number(), active, 99L, active)); // that one was deleted
    assertThat(searched.missing(9)).isEmpty();

    worker.end(worker.take(LEASE, ALL).orElseThrow(), Outcome.succeeded());
    assertThat(searched.missing(9)).as("it has figures now").hasSize(1);
    SearchedRuns.Searched ended = new SearchedRuns.Searched("name: small\n", 1, "iteration: 5\n");
    searched.keep(Map.of(run.number(), ended));
    assertThat(searched.missing(9)).isEmpty();
    assertThat(searched.find(List.of(run.number(), 99L))).isEqualTo(Map.of(run.number(), ended));

    runs.delete(run.id(), () -> {});
    assertThat(searched.find(List.of(run.number()))).isEmpty();
  }
}
