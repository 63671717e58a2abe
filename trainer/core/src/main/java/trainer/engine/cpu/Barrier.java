package trainer.engine.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Where a fixed set of threads wait for each other, over and over. Whoever waits spins for some
 * microseconds and then parks: threads that have long to wait cost nothing, and more threads than
 * cores still make progress.
 */
final class Barrier {
  /** Some 50 to 150 microseconds, by processor. */
  private static final int SPINS = 4096;

  /** Places in {@link #state}, each on a cache line of its own. */
  private static final int ARRIVED = 16;

  private static final int GENERATION = 48;
  private static final int FIRST_PARKED = 80;
  private static final int LINE = 16;

  private final Thread[] threads;
  private final int spins;
  private final AtomicIntegerArray state;
  private volatile boolean broken;

  /**
   * @param threads who meets here, by index; read when a waiting one must be woken
   */
  Barrier(Thread[] threads) {
    this.threads = threads;
    spins = threads.length <= Runtime.getRuntime().availableProcessors() ? SPINS : 1;
    state = new AtomicIntegerArray(FIRST_PARKED + LINE * threads.length);
  }

  /**
   * Returns when all threads have come.
   *
   * @throws IllegalStateException if the barrier is broken
   */
  void await(int thread) {
    int generation = state.get(GENERATION);
    if (state.incrementAndGet(ARRIVED) == threads.length) {
      state.set(ARRIVED, 0);
      state.set(GENERATION, generation + 1);
      wake();
    } else {
      for (int i = 0; i < spins && state.get(GENERATION) == generation; i++) {
        Thread.onSpinWait();
      }
      if (state.get(GENERATION) == generation) {
        park(thread, generation);
      }
    }
    if (broken) {
      throw new IllegalStateException("another thread has failed");
    }
  }

  private void park(int thread, int generation) {
    state.set(FIRST_PARKED + LINE * thread, 1);
    while (state.get(GENERATION) == generation && !broken) {
      LockSupport.park(this);
    }
    state.set(FIRST_PARKED + LINE * thread, 0);
  }

  /** Releases everyone, now and from now on, with an exception. */
  void breakUp() {
    broken = true;
    wake();
  }

  private void wake() {
    for (int i = 0; i < threads.length; i++) {
      if (state.get(FIRST_PARKED + LINE * i) != 0) {
        LockSupport.unpark(threads[i]);
      }
    }
  }
}
