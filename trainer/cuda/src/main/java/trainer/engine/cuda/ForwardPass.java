package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import trainer.config.Layer;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.cuda.Transfers;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Lanes;
import trainer.engine.PassSize;

/** The recurrent layers' forward pass, and its carried state. */
final class ForwardPass implements AutoCloseable {
  private final Device device;
  private final PassSize size;
  private final DeviceMemory memory;
  private final List<LayerForward> layers = new ArrayList<>();
  private final Dropout[] dropouts; // null: none

  /**
   * A pass without dropout, step by step: persistent kernels are checked at the sizes of training.
   */
  ForwardPass(Device device, Weights weights, PassSize size) {
    this(device, weights, size, null, null);
  }

  /**
   * A pass of training, with dropout.
   *
   * @param steps length of the longest segment
   * @param input holds the dropout keys
   */
  static ForwardPass training(
      Device device, Weights weights, Lanes lanes, int steps, SegmentInput input) {
    return new ForwardPass(device, weights, new PassSize(lanes.count(), steps), lanes, input);
  }

  private ForwardPass(
      Device device, Weights weights, PassSize size, Lanes lanes, SegmentInput input) {
    this.device = device;
    this.size = size;
    memory = new DeviceMemory(device.gpu());
    ParameterLayout layout = weights.layout();
    int count = layout.layers().size();
    dropouts = new Dropout[count];
    try {
      int widest =
          IntStream.range(0, count)
              .map(l -> layout.cell(l).fromRecurrence() * layout.size(l))
              .max()
              .orElseThrow();
      long[] scratch = new long[Math.min(2, count)]; // of layers that run beside each other
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] = memory.matrix(size.lanes(), widest).address();
      }
      for (int l = 0; l < count; l++) {
        Layer layer = layout.layers().get(l);
        boolean drops = lanes != null && layer.dropout() > 0;
        int columns = layout.cell(l).fromRecurrence() * layer.size();
        layers.add(
            new LayerForward(
                device,
                memory,
                layer,
                weights.layer(l, weights.parameters()),
                LayerActivations.allocate(
                    device, memory, size, layout.cell(l), layer.size(), drops),
                new Matrix(scratch[l % 2], size.lanes(), columns, columns),
                lanes != null && size.steps() > 1));
        if (drops) {
          dropouts[l] = Dropout.of(device, layer, input.key(l), lanes);
        }
      }
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  PassSize size() {
    return size;
  }

  DeviceMemory memory() {
    return memory;
  }

  LayerForward layer(int layer) {
    return layers.get(layer);
  }

  /** Dropout of a layer's outputs, or null. */
  Dropout dropout(int layer) {
    return dropouts[layer];
  }

  /** Input of the output layer: [steps · lanes, H]. */
  Matrix outputs() {
    return layers.get(layers.size() - 1).activations().outputs();
  }

  /** Runs over characters [steps, lanes], from the carried state. */
  void run(long characters, int steps) {
    boolean atOnce = layers.stream().anyMatch(LayerForward::isPersistent);
    int chunk = atOnce || layers.size() == 1 ? steps : Wavefront.CHUNK;
    new Wavefront(device, layers.size(), steps, chunk, 1)
        .run((layer, from, to) -> run(layer, characters, from, to));
  }

  private void run(int l, long characters, int from, int to) {
    LayerForward layer = layers.get(l);
    if (l == 0) {
      layer.readCharacters(characters, from, to);
    } else {
      layer.read(layers.get(l - 1).activations().outputs(), from, to);
    }
    if (dropouts[l] != null) {
      LayerActivations activations = layer.activations();
      int rows = (to - from) * size.lanes();
      Matrix states = activations.states().rows(size.lanes(), size.rows());
      dropouts[l].apply(states, activations.outputs(), from * size.lanes(), rows);
    }
  }

  /** Copies the state after {@code steps} to the carried state. */
  void carry(int steps) {
    layers.forEach(layer -> layer.carry(steps));
  }

  /** The carried state. */
  CarriedState state() {
    List<LayerState> states = new ArrayList<>();
    for (LayerForward layer : layers) {
      LayerActivations activations = layer.activations();
      float[] hidden = carried(activations.states());
      float[] cell = activations.cells() == null ? null : carried(activations.cells());
      states.add(LayerState.of(size.lanes(), layer.layer().size(), hidden, cell));
    }
    return new CarriedState(states);
  }

  private float[] carried(Matrix states) {
    return Transfers.download(device.gpu(), states.address(), size.lanes() * states.columns());
  }

  /** Sets the carried state; without layers: zero. */
  void state(CarriedState state) {
    if (state.layers().isEmpty()) {
      List<Layer> network = layers.stream().map(LayerForward::layer).toList();
      state(CarriedState.zero(network, size.lanes()));
      return;
    }
    for (int l = 0; l < layers.size(); l++) {
      LayerActivations activations = layers.get(l).activations();
      LayerState layer = state.layers().get(l);
      Matrix carried = activations.states().rows(0, size.lanes());
      Transfers.upload(device.gpu(), layer.hiddenFloats(), carried.address());
      device.copy(carried);
      if (activations.cells() != null) {
        Transfers.upload(device.gpu(), layer.cellFloats(), activations.cells().address());
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
