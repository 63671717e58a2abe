package trainer.engine.cpu;

import trainer.cell.CellLayout;
import trainer.config.Compute;
import trainer.config.Compute.Precision;
import trainer.config.Model;

/**
 * How threads divide the work. Without lane groups one pass computes all lanes: each thread owns
 * hidden units, and all meet after every step. With lane groups each group is a pass of its own,
 * which one thread computes without meeting others; threads take groups as they come free, so
 * results do not depend on the number of threads.
 *
 * @param laneGroups 0: none
 */
record Division(Workers workers, int laneGroups) {
  /** The most bytes of recurrent weights of a layer that each thread may read at every step. */
  private static final long MOST_WEIGHTS = 4 << 20;

  /** Likewise where the processor has AMX: with more, groups were 8 to 19 % slower there. */
  private static final long MOST_WEIGHTS_WITH_AMX = 1 << 20;

  /** The fewest lanes of a group. */
  private static final int FEWEST_LANES = 16;

  /**
   * The lane groups that train a network fast: one for each thread where it has enough lanes, and
   * its processor's cache has room for the weights of a layer; else none. See docs/performance.md.
   */
  static int fastest(Model model, int lanes, Compute compute) {
    return fastest(
        model, lanes, compute, DnnlProducts.hasAmx() ? MOST_WEIGHTS_WITH_AMX : MOST_WEIGHTS);
  }

  static int fastest(Model model, int lanes, Compute compute, long mostWeights) {
    int threads = CpuNetwork.threads(compute);
    int bytes = compute.precision() == Precision.BFLOAT16 ? 2 : 4;
    boolean fits =
        model.layers().stream()
            .allMatch(
                layer ->
                    (long) CellLayout.of(layer.type()).fromRecurrence()
                            * layer.size()
                            * layer.size()
                        <= mostWeights / bytes);
    boolean many = lanes % threads == 0 && lanes / threads >= FEWEST_LANES;
    return threads > 1 && many && fits ? threads : 0;
  }

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
