package trainer.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Phaser;
import trainer.engine.Allreduce;
import trainer.engine.TreeOrder;

/** Sums over ranks that are threads of this process: each adds a slice of all ranks' arrays. */
final class LocalAllreduce {
  private final List<List<float[]>> arrays = new ArrayList<>(); // [rank][array], since the last sum
  private final Object[][] given; // [turn % 2][rank]: who gives again has seen all of the last turn
  private final Phaser present; // ends when a rank fails

  LocalAllreduce(int ranks) {
    present = new Phaser(ranks);
    given = new Object[2][ranks];
    for (int rank = 0; rank < ranks; rank++) {
      arrays.add(new ArrayList<>());
    }
  }

  /** The sums as a rank sees them. */
  Allreduce of(int rank) {
    return new OfRank(rank);
  }

  /** Ends the waits of all ranks, now and later: one has failed. */
  void end() {
    present.forceTermination();
  }

  private final class OfRank implements Allreduce {
    private final int rank;
    private int turn;

    OfRank(int rank) {
      this.rank = rank;
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int ranks() {
      return arrays.size();
    }

    @Override
    public void start(float[]... own) {
      arrays.get(rank).addAll(List.of(own));
    }

    @Override
    public void await() {
      arrive();
      for (int k = 0; k < arrays.get(rank).size(); k++) {
        sumSlice(k);
      }
      arrive();
      arrays.get(rank).clear();
    }

    @Override
    @SuppressWarnings("unchecked") // every rank gives the same type
    public <T> List<T> meet(T own) {
      Object[] all = given[turn++ % 2];
      all[rank] = own;
      arrive();
      return (List<T>) List.of(all);
    }

    private void arrive() {
      if (present.arriveAndAwaitAdvance() < 0) {
        throw new ClusterException("another rank has failed");
      }
    }

    private void sumSlice(int k) {
      long length = arrays.get(rank).get(k).length;
      int from = (int) (length * rank / ranks());
      int to = (int) (length * (rank + 1) / ranks());
      TreeOrder.each(
          ranks(), (sum, other) -> add(arrays.get(sum).get(k), arrays.get(other).get(k), from, to));
      for (List<float[]> ofRank : arrays.subList(1, ranks())) {
        System.arraycopy(arrays.get(0).get(k), from, ofRank.get(k), from, to - from);
      }
    }
  }

  private static void add(float[] to, float[] from, int start, int end) {
    for (int i = start; i < end; i++) {
      to[i] += from[i];
    }
  }
}
