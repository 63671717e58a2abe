package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.cuda.CudaException;
import trainer.cuda.DeviceMemory;
import trainer.cuda.HostMemory;
import trainer.cuda.Kernels;
import trainer.engine.CarriedState;
import trainer.engine.DropoutMask;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.TrainingStep;
import trainer.engine.UpdateRule;
import trainer.text.Segment;

/**
 * A whole training step, from character indices to updated weights. Once captured in a CUDA graph,
 * a step is one launch. Loss and gradient norm reach the host while the update still runs, so the
 * next step is launched before this one has completed.
 */
final class CudaTrainingStep implements TrainingStep {
  /** Most blocks of the gradient norm, and fewest elements per block. */
  private static final int MOST_NORM_PARTS = 256;

  private static final int ELEMENTS_OF_NORM_PART = 2048;

  /** Polls of the result between two checks for errors on the stream. */
  private static final int POLLS_PER_CHECK = 10_000;

  private final Device device;
  private final Weights weights;
  private final UpdateRule rule;
  private final long seed;
  private final DeviceMemory memory;
  private final SegmentInput input;
  private final ForwardPass forward;
  private final OutputLayer output;
  private final List<LayerBackward> backward = new ArrayList<>();
  private final List<ColumnSums> sums; // of the two streams
  private final PositionsByCharacter positions;
  private final int normParts;
  private final long squares;
  private final long scale;
  private final float largestNorm;
  private final float cut;
  private final HostMemory published;
  private final CudaGraphs<Kind> graphs;
  private int sequence;

  /** Steps of the same kind make the same calls, so they share a CUDA graph. */
  private record Kind(int steps, boolean update) {}

  /**
   * Training settings.
   *
   * @param seed of dropout
   */
  record Settings(UpdateRule rule, GradientClipping clipping, long seed) {}

  CudaTrainingStep(Device device, Weights weights, Settings settings, PassSize size) {
    this.device = device;
    this.weights = weights;
    rule = settings.rule();
    seed = settings.seed();
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
    int layers = layout.layers().size();
    ForwardPass opened = null;
    try {
      input = new SegmentInput(device.gpu(), memory, layers, size);
      opened = new ForwardPass(device, weights, size, true, input);
      forward = opened;
      output = new OutputLayer(device, memory, weights, size);
      int widest = layout.paddedVocabulary();
      for (int l = 0; l < layers; l++) {
        widest = Math.max(widest, layout.cell(l).sums() * layout.size(l));
      }
      sums =
          List.of(
              new ColumnSums(device.kernels(), memory, widest),
              new ColumnSums(device.kernels(), memory, widest));
      for (int l = 0; l < layers; l++) {
        Weights.OfLayer gradients = weights.layer(l, weights.gradient());
        LayerForward layer = forward.layer(l);
        backward.add(new LayerBackward(device, memory, layer, gradients, forward.dropout(l)));
      }
      positions = PositionsByCharacter.allocate(memory, layout.vocabulary(), size);
      normParts = Math.max(1, Math.min(MOST_NORM_PARTS, layout.length() / ELEMENTS_OF_NORM_PART));
      squares = memory.bytes((long) normParts * Double.BYTES);
      scale = memory.bytes(Float.BYTES);
      published = memory.host(2L * Long.BYTES);
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      memory.close();
      throw e;
    }
  }

  @Override
  public int lanes() {
    return forward.size().lanes();
  }

  @Override
  public int steps() {
    return forward.size().steps();
  }

  @Override
  public CarriedState state() {
    return forward.state();
  }

  @Override
  public void state(CarriedState state) {
    forward.state(state);
  }

  @Override
  public Engine.Step train(Segment segment, double learningRate, int iteration) {
    return run(segment, learningRate, iteration, true);
  }

  @Override
  public Engine.Step gradient(Segment segment, int iteration) {
    return run(segment, 0, iteration, false);
  }

  private Engine.Step run(Segment segment, double learningRate, int iteration, boolean update) {
    sequence++;
    input.write(sequence, rule.rates(learningRate, iteration));
    for (int l = 0; l < backward.size(); l++) {
      input.writeKey(l, DropoutMask.key(seed, iteration, l));
    }
    input.write(segment);
    int steps = segment.length();
    graphs.run(new Kind(steps, update), () -> compute(steps, update));
    double loss = await(0);
    double norm = await(1);
    device.checkBlocks();
    return new Engine.Step(loss, norm);
  }

  private void compute(int steps, boolean update) {
    int rows = steps * forward.size().lanes();
    input.upload(rows);
    device.aside(() -> positions.sort(device.kernels(), input.characters(), rows));
    forward.run(input.characters(), steps);
    output.read(forward.outputs(), rows);
    output.gradient(input.targets(rows), rows);
    backward(steps);
    publish(rows);
    if (update) {
      update();
    }
    forward.carry(steps);
  }

  private void backward(int steps) {
    int rows = steps * forward.size().lanes();
    int top = backward.size() - 1;
    LayerBackward last = backward.get(top);
    Weights.OfOutput gradients = weights.output(weights.gradient());
    output.backward(last.outputs(), rows);
    last.drop(0, steps);
    device.aside(() -> output.parameters(forward.outputs(), gradients, sums.get(1), rows));
    boolean atOnce = backward.stream().anyMatch(LayerBackward::isPersistent);
    int chunk = atOnce || top == 0 ? steps : Wavefront.CHUNK;
    // A step adds to the gradient of the step before it, which the layer above has written by then.
    new Wavefront(device, top + 1, steps, chunk, 2)
        .run(
            (behind, from, to) -> {
              LayerBackward layer = backward.get(top - behind);
              layer.run(steps - to, steps - from, steps);
              if (behind < top) {
                layer.below(backward.get(top - behind - 1), steps - to, steps - from);
              }
            });
    device.gpu().join();
    for (int l = 1; l <= top; l += 2) {
      int layer = l;
      device.aside(() -> parameters(layer, steps));
    }
    for (int l = 0; l <= top; l += 2) {
      parameters(l, steps);
    }
    device.gpu().join();
  }

  private void parameters(int l, int steps) {
    LayerBackward layer = backward.get(l);
    layer.parameters(sums.get(l % 2), steps);
    if (l > 0) {
      layer.input(forward.layer(l - 1).activations().outputs(), steps);
    } else {
      layer.characters(positions, steps);
    }
  }

  private void publish(int rows) {
    ParameterLayout layout = weights.layout();
    Kernels kernels = device.kernels();
    kernels.forBlocks("gradient_squares", normParts, layout.length(), weights.gradient(), squares);
    kernels.forBlocks(
        "step_result",
        1,
        rows,
        output.nats(),
        normParts,
        squares,
        largestNorm,
        input.control(),
        scale,
        published.deviceAddress());
  }

  private void update() {
    UpdateKernels.launch(
        device.kernels(),
        rule,
        new UpdateKernels.Vectors(
            weights.layout().length(),
            weights.layout().decayed(),
            cut,
            input.control(),
            scale,
            weights.gradient(),
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
    forward.close();
    memory.close();
  }
}
