package trainer.engine.cuda;

import java.util.stream.IntStream;

/**
 * Runs the layers of a segment in chunks of steps, each as soon as the chunk that it needs is
 * there: on the GPU, every other layer runs beside its neighbours.
 *
 * @param layers in the order in which the segment passes them
 * @param chunk steps
 * @param distance chunks by which a layer stays behind the one before it
 */
record Wavefront(Device device, int layers, int steps, int chunk, int distance) {
  /** Steps of a chunk where a layer runs step by step. */
  static final int CHUNK = 8;

  /** Submits the steps [from, to) of a layer. */
  interface Part {
    void run(int layer, int from, int to);
  }

  void run(Part part) {
    int chunks = (steps + chunk - 1) / chunk;
    if (chunks == 1) {
      for (int layer = 0; layer < layers; layer++) {
        part.run(layer, 0, steps);
      }
      return;
    }
    for (int time = 0; time < chunks + distance * (layers - 1); time++) {
      for (int layer : order()) {
        int now = time - distance * layer;
        if (now >= 0 && now < chunks) {
          int from = now * chunk;
          Runnable work = () -> part.run(layer, from, Math.min(steps, from + chunk));
          if (layer % 2 == 1) {
            device.aside(work);
          } else {
            work.run();
          }
        }
      }
      device.gpu().join();
    }
  }

  /** The layers of the second stream first: they need not wait for the others at the same time. */
  private int[] order() {
    return IntStream.concat(
            IntStream.range(0, layers).filter(l -> l % 2 == 1),
            IntStream.range(0, layers).filter(l -> l % 2 == 0))
        .toArray();
  }
}
