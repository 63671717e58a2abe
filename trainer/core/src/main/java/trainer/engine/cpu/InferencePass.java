package trainer.engine.cpu;

import trainer.engine.Lanes;
import trainer.engine.PassSize;
import trainer.engine.Predictions;

/** Forward pass over some lanes, some steps at a time: scores targets or predicts characters. */
final class InferencePass implements AutoCloseable {
  private final Team team;
  private final NetworkWeights weights;
  private final Lanes lanes;
  private final float[] logProbabilities; // [all lanes · V]
  private final ForwardPass forward;
  private final OutputForward[] outputs; // [thread]
  private final float[][] scratch; // [thread][rows of a block · V]
  private final float[][] hits; // [thread][rows of a block]
  private final double[][] scores; // [thread]: nats, correct
  private long loaded = -1;

  /**
   * @param steps computed at a time
   * @param logProbabilities receives predictions: [all lanes · V]
   */
  InferencePass(
      Products products,
      Team team,
      NetworkShape shape,
      NetworkWeights weights,
      Lanes lanes,
      int steps,
      float[] logProbabilities) {
    this.team = team;
    this.weights = weights;
    this.lanes = lanes;
    this.logProbabilities = logProbabilities;
    PassSize size = new PassSize(lanes.count(), steps);
    forward = ForwardPass.inference(products, team, shape, weights, size);
    Matrix logits = forward.memory().alignedRows(size.rows(), shape.vocabulary());
    int threads = team.count();
    outputs = new OutputForward[threads];
    scratch = new float[threads][];
    hits = new float[threads][];
    scores = new double[threads][2];
    for (int thread = 0; thread < threads; thread++) {
      OutputForward output =
          new OutputForward(forward.context(thread), weights.output(thread), forward.top(), logits);
      outputs[thread] = output;
      scratch[thread] = new float[output.block().length];
      hits[thread] = new float[output.rowsPerBlock()];
    }
  }

  Lanes lanes() {
    return lanes;
  }

  ForwardPass forward() {
    return forward;
  }

  /**
   * Computes one thread's share.
   *
   * @param characters of these lanes: [steps · lanes]
   * @param targets likewise; null: nothing to score, and one step
   * @param predictions of all lanes, receives those of the targets; may be null
   */
  void compute(int thread, int[] characters, int[] targets, Predictions predictions) {
    OutputForward output = outputs[thread];
    scores[thread][0] = 0;
    scores[thread][1] = 0;
    if (loaded != weights.version()) {
      forward.load(thread);
      output.load();
    }
    int rows = forward.size().rows();
    for (int at = 0; at < characters.length; at += rows) {
      int count = Math.min(rows, characters.length - at);
      int steps = count / lanes.count();
      forward.run(thread, characters, at, steps);
      output.multiply();
      evaluate(thread, output, targets, at, count, predictions);
      team.barrier(thread);
      forward.carry(thread, steps);
      team.barrier(thread);
    }
  }

  /** Called after all threads have loaded the weights. */
  void loaded() {
    loaded = weights.version();
  }

  /** Scores the thread's rows, or computes their log-probabilities. */
  private void evaluate(
      int thread,
      OutputForward output,
      int[] targets,
      int offset,
      int count,
      Predictions predictions) {
    float[] biases = weights.output(thread).biases().values();
    int rows = output.rowsOf(count);
    for (int from = 0; from < rows; from += output.rowsPerBlock()) {
      int block = Math.min(rows - from, output.rowsPerBlock());
      int first = output.first() + from;
      output.readBlock(from, block);
      if (targets != null) {
        Softmax.score(
            output.block(), block, biases, targets, offset + first, hits[thread], scores[thread]);
        if (predictions != null) {
          write(output.block(), block, biases.length, offset + first, hits[thread], predictions);
        }
      } else {
        Softmax.logProbabilities(output.block(), block, biases, scratch[thread]);
        System.arraycopy(
            output.block(),
            0,
            logProbabilities,
            (lanes.first() + first) * biases.length,
            block * biases.length);
      }
    }
  }

  /**
   * Writes down the predictions of some rows.
   *
   * @param scored what {@link Softmax#score} leaves of the logits: [rows · classes]
   * @param first the first of the rows in the segment of these lanes
   */
  private void write(
      float[] scored, int rows, int classes, int first, float[] hit, Predictions predictions) {
    for (int r = 0; r < rows; r++) {
      int step = (first + r) / lanes.count();
      int row = step * lanes.all() + lanes.first() + (first + r) % lanes.count();
      predictions.nats()[row] =
          Softmax.prediction(
              scored, r * classes, classes, hit[r], predictions.probabilities(), row * classes);
    }
  }

  /** Cross-entropy summed over the targets, nats. */
  double nats() {
    return sum(0);
  }

  /** Targets that were the most probable character. */
  double correct() {
    return sum(1);
  }

  private double sum(int index) {
    double sum = 0;
    for (double[] score : scores) {
      sum += score[index];
    }
    return sum;
  }

  @Override
  public void close() {
    forward.close();
  }
}
