package trainer.engine.cpu;

import trainer.engine.PassSize;

/**
 * Context of one thread in one pass through the network.
 *
 * @param memory owns the native memory of the pass
 * @param clock times the thread's phases
 */
record ThreadContext(
    Products products,
    NativeMemory memory,
    Team team,
    int thread,
    PassSize pass,
    PhaseClock clock) {

  /** Waits for the other threads. */
  void barrier() {
    if (team.count() > 1) {
      team.barrier(thread);
    }
    clock.lap(Phase.WAIT);
  }
}
