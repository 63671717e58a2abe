package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.cuda.CudaException;
import trainer.cuda.DeviceMemory;
import trainer.cuda.HostMemory;
import trainer.cuda.Matrix;
import trainer.engine.Allreduce;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Lanes;
import trainer.engine.TrainingStep;
import trainer.engine.TreeOrder;
import trainer.engine.UpdateRule;
import trainer.text.Segment;

/**
 * A whole training step, from character indices to updated weights. Once captured in a CUDA graph,
 * a step is one launch. Loss and gradient norm reach the host while the update still runs, so the
 * next step is launched before this one has completed. Where several GPUs train, a step is two
 * launches: between them the gradients are summed.
 */
final class CudaTrainingStep implements TrainingStep {
  /** Most blocks of the gradient norm, and fewest elements per block. */
  private static final int MOST_NORM_PARTS = 256;

  private static final int ELEMENTS_OF_NORM_PART = 2048;

  /** Polls of the result between two checks for errors on the stream. */
  private static final int POLLS_PER_CHECK = 10_000;

  private final Device device;
  private final Weights weights;
  private final Settings settings;
  private final int steps;
  private final DeviceMemory memory;
  private final List<GradientPass> passes = new ArrayList<>(); // one per lane group
  private final Lanes own; // of the passes
  private final GradientSums sumsOfGpus; // null: there is one
  private final int normParts;
  private final long squares;
  private final long scale;
  private final float largestNorm;
  private final float cut;
  private final HostMemory published; // the losses of the passes, the norm
  private final CudaGraphs<Kind> graphs;
  private int sequence;

  /** What a launch does. */
  private enum Part {
    GRADIENT,
    NORM,
    UPDATE
  }

  /**
   * Launches of the same kind make the same calls, so they share a CUDA graph.
   *
   * @param steps of the segment; 0: the gradient is there
   * @param last of the parts
   */
  private record Kind(int steps, Part last) {}

  /**
   * Training settings.
   *
   * @param seed of dropout
   * @param allreduce with the GPUs that train the other lanes
   */
  record Settings(UpdateRule rule, GradientClipping clipping, long seed, Allreduce allreduce) {}

  /**
   * @param lanes of each pass, neighbours
   * @param steps length of the longest segment
   */
  CudaTrainingStep(
      Device device, Weights weights, Settings settings, List<Lanes> lanes, int steps) {
    this.device = device;
    this.weights = weights;
    this.settings = settings;
    this.steps = steps;
    own =
        new Lanes(
            lanes.get(0).first(), lanes.stream().mapToInt(Lanes::count).sum(), lanes.get(0).all());
    largestNorm =
        settings.clipping() instanceof GradientClipping.Norm norm
            ? (float) norm.norm()
            : Float.POSITIVE_INFINITY;
    cut =
        settings.clipping() instanceof GradientClipping.Value value
            ? (float) value.value()
            : Float.POSITIVE_INFINITY;
    graphs = new CudaGraphs<>(device);
    memory = new DeviceMemory(device.gpu());
    ParameterLayout layout = weights.layout();
    try {
      int widest = layout.paddedVocabulary();
      for (int l = 0; l < layout.layers().size(); l++) {
        widest = Math.max(widest, layout.cell(l).sums() * layout.size(l));
      }
      List<ColumnSums> sums =
          List.of(
              new ColumnSums(device.kernels(), memory, widest),
              new ColumnSums(device.kernels(), memory, widest));
      for (Lanes ofPass : lanes) {
        Matrix vector = passes.isEmpty() ? weights.gradient() : memory.matrix(1, layout.length());
        passes.add(new GradientPass(device, memory, weights, vector, sums, ofPass, steps));
      }
      sumsOfGpus =
          settings.allreduce() == Allreduce.ALONE
              ? null
              : new GradientSums(
                  device,
                  memory,
                  settings.allreduce(),
                  weights.gradient().address(),
                  layout.length());
      normParts = Math.max(1, Math.min(MOST_NORM_PARTS, layout.length() / ELEMENTS_OF_NORM_PART));
      squares = memory.bytes((long) normParts * Double.BYTES);
      scale = memory.bytes(Float.BYTES);
      published = memory.host((lanes.size() + 1L) * Long.BYTES);
    } catch (RuntimeException e) {
      passes.forEach(GradientPass::close);
      memory.close();
      throw e;
    }
  }

  @Override
  public int lanes() {
    return own.count();
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public CarriedState state() {
    return CarriedState.join(passes.stream().map(GradientPass::state).toList());
  }

  @Override
  public void state(CarriedState state) {
    passes.forEach(pass -> pass.state(pass.lanes().within(own).of(state)));
  }

  @Override
  public Engine.Step train(Segment segment, double learningRate, int iteration) {
    return run(segment, learningRate, iteration, Part.UPDATE);
  }

  @Override
  public Engine.Step gradient(Segment segment, int iteration) {
    return run(segment, 0, iteration, Part.NORM);
  }

  private Engine.Step run(Segment segment, double learningRate, int iteration, Part last) {
    sequence++;
    UpdateRule.Rates rates = settings.rule().rates(learningRate, iteration);
    for (GradientPass pass : passes) {
      Segment share = pass.lanes().within(own).of(segment);
      pass.write(sequence, rates, settings.seed(), iteration, share);
    }
    if (sumsOfGpus == null) {
      launch(new Kind(segment.length(), last));
    } else {
      launch(new Kind(segment.length(), Part.GRADIENT));
      sumsOfGpus.run();
      launch(new Kind(0, last));
    }
    double[] losses = new double[passes.size()];
    for (int pass = 0; pass < losses.length; pass++) {
      losses[pass] = await(pass);
    }
    double norm = await(losses.length);
    device.checkBlocks();
    return new Engine.Step(TreeOrder.sum(losses), norm);
  }

  private void launch(Kind kind) {
    graphs.run(
        kind,
        () -> {
          if (kind.steps > 0) {
            gradient(kind.steps);
          }
          if (kind.last != Part.GRADIENT) {
            norm();
          }
          if (kind.last == Part.UPDATE) {
            update();
          }
        });
  }

  /** The gradient of all passes, in that of the first. */
  private void gradient(int length) {
    for (int pass = 0; pass < passes.size(); pass++) {
      passes.get(pass).compute(length, published.deviceAddress() + (long) pass * Long.BYTES);
    }
    int elements = weights.layout().length();
    TreeOrder.each(
        passes.size(),
        (to, from) ->
            device
                .kernels()
                .forElements(
                    "add_gradient",
                    elements,
                    elements,
                    passes.get(from).gradient().address(),
                    passes.get(to).gradient().address()));
  }

  private void norm() {
    int length = weights.layout().length();
    long gradient = weights.gradient().address();
    device.kernels().forBlocks("gradient_squares", normParts, length, gradient, squares);
    device
        .kernels()
        .forBlocks(
            "gradient_norm",
            1,
            normParts,
            squares,
            largestNorm,
            passes.get(0).control(),
            scale,
            published.deviceAddress() + (long) passes.size() * Long.BYTES);
  }

  private void update() {
    UpdateKernels.launch(
        device.kernels(),
        settings.rule(),
        new UpdateKernels.Vectors(
            weights.layout().length(),
            weights.layout().decayed(),
            cut,
            passes.get(0).control(),
            scale,
            weights.gradient().address(),
            weights.parameters(),
            weights.momentAddresses()));
  }

  /** Polls a result of this step. */
  private double await(int index) {
    long start = System.nanoTime();
    for (int poll = 0; ; poll++) {
      long word = published.word(index);
      if ((int) (word >>> 32) == sequence) {
        return Float.intBitsToFloat((int) word);
      }
      if (poll % POLLS_PER_CHECK == 0) { // the first check also makes Windows' driver start work
        if (device.gpu().idle() && (int) (published.word(index) >>> 32) != sequence) {
          throw new CudaException("the GPU has completed a training step without a result");
        }
        device.gpu().checkWait(start);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    device.gpu().settle();
    graphs.close();
    passes.forEach(GradientPass::close);
    memory.close();
  }
}
