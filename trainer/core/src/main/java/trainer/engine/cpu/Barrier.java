package trainer.engine.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * A reusable barrier for a fixed set of threads. Waiting threads spin for some microseconds, then
 * park: long waits use no CPU, and more threads than cores still make progress.
 */
final class Barrier {
  /** 50 to 150 microseconds, depending on the processor. */
  private static final int SPINS = 4096;

  /** Indices into {@link #state}, each on its own cache line. */
  private static final int ARRIVED = 16;

  private static final int GENERATION = 48;
  private static final int FIRST_PARKED = 80;
  private static final int LINE = 16;

  private final Thread[] threads;
  private final int spins;
  private final AtomicIntegerArray state;
  private volatile boolean broken;

  /**
   * @param threads by index; read when a parked thread is woken
   */
  Barrier(Thread[] threads) {
    this.threads = threads;
    spins = threads.length <= Runtime.getRuntime().availableProcessors() ? SPINS : 1;
    state = new AtomicIntegerArray(FIRST_PARKED + LINE * threads.length);
  }

  /**
   * Returns when all threads have arrived.
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

  /** Makes all current and future calls of {@link #await} throw. */
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
