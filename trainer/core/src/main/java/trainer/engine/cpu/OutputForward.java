package trainer.engine.cpu;

/** Computes one thread's rows of the logits. */
final class OutputForward {
  private static final int FLOATS_PER_BLOCK = 8192;

  private final Matrix inputs;
  private final Matrix logits;
  private final int first;
  private final int count;
  private final int rowsPerBlock;
  private final int classes;
  private final Products.Prepared product;
  private final float[] block;

  /**
   * @param below input of the layer
   * @param logits of all threads: [steps · lanes, V]
   */
  OutputForward(
      ThreadContext context, OutputWeights weights, LayerActivations below, Matrix logits) {
    int rows = context.pass().rows();
    int threads = context.team().count();
    first = (int) ((long) rows * context.thread() / threads);
    count = (int) ((long) rows * (context.thread() + 1) / threads) - first;
    classes = logits.columns();
    inputs = below.outputs().rows(first, count);
    this.logits = rows(logits);
    rowsPerBlock = Math.max(1, FLOATS_PER_BLOCK / classes);
    block = new float[rowsPerBlock * classes];
    product =
        count == 0
            ? null
            : context
                .products()
                .prepare(context.memory(), inputs, weights.shared(), false, this.logits, null);
  }

  /** The thread's rows of a matrix. */
  Matrix rows(Matrix all) {
    return all.rows(first, count);
  }

  /** Packs the current weights. */
  void load() {
    if (product != null) {
      product.load();
    }
  }

  /** Computes the logits of the thread's rows, without biases. */
  void multiply() {
    if (product != null) {
      product.multiply(inputs, logits);
    }
  }

  /** The first of the thread's rows. */
  int first() {
    return first;
  }

  /** Number of the thread's rows in a segment of {@code characters}. */
  int rowsOf(int characters) {
    return Math.max(0, Math.min(count, characters - first));
  }

  int rowsPerBlock() {
    return rowsPerBlock;
  }

  /** Reads some of the thread's rows into {@link #block}. */
  void readBlock(int from, int rows) {
    for (int r = 0; r < rows; r++) {
      logits.read(from + r, 0, block, r * classes, classes);
    }
  }

  /** Writes {@link #block} back to some of the thread's rows. */
  void writeBlock(int from, int rows) {
    for (int r = 0; r < rows; r++) {
      logits.write(from + r, 0, block, r * classes, classes);
    }
  }

  /** Rows of logits on the heap: [rows · V]. */
  float[] block() {
    return block;
  }
}
