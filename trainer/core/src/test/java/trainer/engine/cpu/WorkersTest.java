package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class WorkersTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 9})
  void noThreadPassesABarrierBeforeAllHaveArrived(int threads) {
    try (Products products = new OpenBlasProducts();
        Workers workers = new Workers(threads, products)) {
      AtomicInteger arrived = new AtomicInteger();
      AtomicInteger early = new AtomicInteger();
      for (int job = 0; job < 20; job++) {
        arrived.set(0);
        workers.run(
            thread -> {
              for (int round = 1; round <= 50; round++) {
                arrived.incrementAndGet();
                workers.barrier(thread);
                if (arrived.get() < round * threads) {
                  early.incrementAndGet();
                }
                workers.barrier(thread);
              }
            });
        assertThat(arrived).hasValue(50 * threads);
      }
      assertThat(early).hasValue(0);
    }
  }

  @Test
  void aThreadThatFailsEndsTheJobOfAllWithItsReason() {
    try (Products products = new OpenBlasProducts();
        Workers workers = new Workers(3, products)) {
      assertThatThrownBy(
              () ->
                  workers.run(
                      thread -> {
                        if (thread == 2) {
                          throw new IllegalArgumentException("out of ideas");
                        }
                        workers.barrier(thread);
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("out of ideas");
      assertThatThrownBy(() -> workers.run(thread -> {})).hasMessageContaining("out of ideas");
    }
  }

  @Test
  void aSingleTaskRunsOnTheCallingThread() {
    Workers workers = new Workers(2, new OpenBlasProducts());
    Set<Thread> ran = new HashSet<>();
    workers.each(1, index -> ran.add(Thread.currentThread()));
    assertThat(ran).containsExactly(Thread.currentThread());
    workers.close();
    assertThatThrownBy(() -> workers.each(1, index -> {})).hasMessageContaining("closed");
  }

  @Test
  void idleThreadsArePutToSleepAndEndedOnClose() throws InterruptedException {
    Set<Thread> before = threads();
    Workers workers = new Workers(2, new OpenBlasProducts());
    workers.run(thread -> {});
    Set<Thread> own = threads();
    own.removeAll(before); // of other tests, which may be stopping
    assertThat(own).hasSize(1);
    Thread worker = own.iterator().next();
    while (worker.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
    workers.close();
    worker.join();
    assertThatThrownBy(() -> workers.run(thread -> {})).hasMessageContaining("closed");
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("cpu-engine-"))
        .collect(Collectors.toCollection(HashSet::new));
  }

  @Test
  void theCallersOpenMpThreadsAreAsBefore() {
    try (Products products = new OpenBlasProducts();
        Workers workers = new Workers(2, products)) {
      int own = OpenMpThreads.get();
      OpenMpThreads.set(3);
      try {
        AtomicInteger within = new AtomicInteger();
        workers.run(thread -> within.addAndGet(OpenMpThreads.get()));
        assertThat(within).hasValue(2);
        assertThat(OpenMpThreads.get()).isEqualTo(3);
      } finally {
        OpenMpThreads.set(own);
      }
    }
  }
}
