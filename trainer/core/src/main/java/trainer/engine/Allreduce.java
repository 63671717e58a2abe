package trainer.engine;

import java.util.List;

/**
 * Sums over the ranks of a training run, each of which computes the gradients of its lanes. Every
 * rank makes the same calls in the same order.
 */
public interface Allreduce {
  /** One rank, which has all lanes. */
  Allreduce ALONE =
      new Allreduce() {
        @Override
        public int rank() {
          return 0;
        }

        @Override
        public int ranks() {
          return 1;
        }

        @Override
        public void start(float[]... arrays) {}

        @Override
        public void await() {}
      };

  /** This rank, from 0. */
  int rank();

  /** Number of ranks. */
  int ranks();

  /**
   * Starts to replace arrays by their sums over the ranks, in {@link TreeOrder}. The caller leaves
   * them alone until {@link #await} returns.
   *
   * @param arrays of the same lengths on every rank
   */
  void start(float[]... arrays);

  /**
   * Returns when all sums are there.
   *
   * @throws trainer.file.TrainerException if another rank is lost
   */
  void await();

  /**
   * Waits until every rank has called it, where ranks are threads of this process.
   *
   * @return what each rank gave, in their order; nothing where they are not such threads
   * @throws trainer.file.TrainerException if another rank is lost
   */
  default <T> List<T> meet(T own) {
    return List.of();
  }
}
