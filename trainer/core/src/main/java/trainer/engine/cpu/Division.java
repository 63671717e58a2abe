package trainer.engine.cpu;

/**
 * How threads divide the work. Without lane groups one pass computes all lanes: each thread owns
 * hidden units, and all meet after every step. With lane groups each group is a pass of its own,
 * which one thread computes without meeting others; threads take groups as they come free, so
 * results do not depend on the number of threads.
 *
 * @param laneGroups 0: none
 */
record Division(Workers workers, int laneGroups) {

  /** Work of one thread in one pass. */
  interface Task {
    void run(int pass, int thread);
  }

  /** Passes over a number of lanes. */
  int passes(int lanes) {
    return laneGroups == 0 ? 1 : Math.min(laneGroups, lanes);
  }

  /** The threads of each pass. */
  Team team() {
    return laneGroups == 0 ? workers : Team.ALONE;
  }

  /** Parts of an update of weights; fixes the order of sums over them. */
  int slices() {
    return laneGroups == 0 ? workers.count() : laneGroups;
  }

  /** Computes passes. */
  void run(int passes, Task task) {
    if (laneGroups == 0) {
      workers.run(thread -> task.run(0, thread));
    } else {
      workers.each(passes, pass -> task.run(pass, 0));
    }
  }
}
