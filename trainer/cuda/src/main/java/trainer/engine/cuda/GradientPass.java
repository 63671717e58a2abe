package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.engine.CarriedState;
import trainer.engine.DropoutMask;
import trainer.engine.Lanes;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.text.Segment;

/** Forward and backward pass over the segments of some lanes. */
final class GradientPass implements AutoCloseable {
  private final Device device;
  private final Weights weights;
  private final Lanes lanes;
  private final Matrix gradient;
  private final List<ColumnSums> sums;
  private final SegmentInput input;
  private final ForwardPass forward;
  private final OutputLayer output;
  private final List<LayerBackward> backward = new ArrayList<>();
  private final PositionsByCharacter positions;

  /**
   * @param memory holds what the pass needs besides its forward pass
   * @param gradient vector that receives the gradient
   * @param sums of the two streams
   * @param steps length of the longest segment
   */
  GradientPass(
      Device device,
      DeviceMemory memory,
      Weights weights,
      Matrix gradient,
      List<ColumnSums> sums,
      Lanes lanes,
      int steps) {
    this.device = device;
    this.weights = weights;
    this.lanes = lanes;
    this.gradient = gradient;
    this.sums = sums;
    ParameterLayout layout = weights.layout();
    PassSize size = new PassSize(lanes.count(), steps);
    input = new SegmentInput(device.gpu(), memory, layout.layers().size(), size);
    forward = ForwardPass.training(device, weights, lanes, steps, input);
    try {
      output = new OutputLayer(device, memory, weights, size);
      for (int l = 0; l < layout.layers().size(); l++) {
        Weights.OfLayer gradients = weights.layer(l, gradient);
        backward.add(
            new LayerBackward(device, memory, forward.layer(l), gradients, forward.dropout(l)));
      }
      positions = PositionsByCharacter.allocate(memory, layout.vocabulary(), size);
    } catch (RuntimeException e) {
      forward.close();
      throw e;
    }
  }

  Lanes lanes() {
    return lanes;
  }

  Matrix gradient() {
    return gradient;
  }

  /** Address of the update's rates. */
  long control() {
    return input.control();
  }

  CarriedState state() {
    return forward.state();
  }

  void state(CarriedState state) {
    forward.state(state);
  }

  /**
   * Writes what the host decides of an iteration.
   *
   * @param segment of these lanes
   */
  void write(int sequence, UpdateRule.Rates rates, long seed, int iteration, Segment segment) {
    input.write(sequence, rates);
    for (int l = 0; l < backward.size(); l++) {
      input.writeKey(l, DropoutMask.key(seed, iteration, l));
    }
    input.write(segment);
  }

  /**
   * Computes the gradient, and carries the state over.
   *
   * @param loss address where the pass's share of the mean loss is published
   */
  void compute(int steps, long loss) {
    int rows = steps * lanes.count();
    int characters = steps * lanes.all();
    input.upload(rows);
    device.aside(() -> positions.sort(device.kernels(), input.characters(), rows));
    forward.run(input.characters(), steps);
    output.read(forward.outputs(), rows);
    output.gradient(input.targets(rows), rows, characters);
    device.kernels().forBlocks("publish_loss", 1, rows, output.nats(), characters, control(), loss);
    backward(steps);
  }

  private void backward(int steps) {
    int rows = steps * lanes.count();
    int top = backward.size() - 1;
    LayerBackward last = backward.get(top);
    Weights.OfOutput gradients = weights.output(gradient);
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
      layer.characters(positions);
    }
    forward.layer(l).carry(steps); // the gradients have read the state that was carried in
  }

  @Override
  public void close() {
    forward.close();
  }
}
