package trainer.engine.cpu;

import trainer.engine.PassSize;

/**
 * What everything that one thread does in one pass through the network has in common.
 *
 * @param memory owns what the pass needs in native memory
 * @param clock what the thread spends its time on
 */
record ThreadContext(
    Products products,
    NativeMemory memory,
    Workers workers,
    int thread,
    PassSize pass,
    PhaseClock clock) {

  /** Waits for the other threads. */
  void barrier() {
    workers.barrier(thread);
    clock.lap(Phase.WAIT);
  }
}
