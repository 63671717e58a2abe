package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import trainer.engine.Allreduce;

/**
 * Sums the gradients of a rank's passes, and then of all ranks, layer by layer: while the upper
 * layers are summed, the lower ones are computed.
 */
final class RankSums {
  private final Allreduce allreduce;
  private final int passes;
  private final List<List<List<Parameter>>> layers = new ArrayList<>(); // [parameter][pass]
  private final AtomicIntegerArray missing; // passes that have not computed the layer

  /**
   * @param passes weights of each pass
   * @param count of layers, the output layer included
   */
  RankSums(Allreduce allreduce, List<NetworkWeights> passes, int count) {
    this.allreduce = allreduce;
    this.passes = passes.size();
    for (int l = 0; l < count; l++) {
      int layer = l;
      List<List<Parameter>> parameters = new ArrayList<>();
      for (int p = 0; p < passes.get(0).parameters(l).size(); p++) {
        int parameter = p;
        parameters.add(passes.stream().map(pass -> pass.parameters(layer).get(parameter)).toList());
      }
      layers.add(parameters);
    }
    missing = new AtomicIntegerArray(count);
  }

  /** Before the passes of an iteration. */
  void begin() {
    for (int l = 0; l < missing.length(); l++) {
      missing.set(l, passes);
    }
  }

  /**
   * Called by each pass when it has computed a layer. All passes compute the layers in the same
   * order, so all ranks start their sums in the same order.
   */
  void computed(int layer) {
    if (missing.decrementAndGet(layer) > 0) {
      return;
    }
    List<List<Parameter>> parameters = layers.get(layer);
    parameters.forEach(each -> CpuTrainingStep.add(each.size(), each::get, 0, each.get(0).size()));
    allreduce.start(
        parameters.stream().map(each -> each.get(0).gradient()).toArray(float[][]::new));
  }

  /** Returns when the first pass has the sums over all passes of all ranks. */
  void await() {
    allreduce.await();
  }
}
