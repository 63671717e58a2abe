package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Lanes;
import trainer.engine.PassSize;

/** The recurrent layers' forward pass of all threads, and its carried state. */
final class ForwardPass implements AutoCloseable {
  private final NativeMemory memory = new NativeMemory();
  private final NetworkShape shape;
  private final PassSize size;
  private final LayerActivations[] activations;
  private final ThreadContext[] contexts; // [thread]
  private final LayerForward[][] layers; // [thread][layer]

  private ForwardPass(
      Products products,
      Team team,
      NetworkShape shape,
      NetworkWeights weights,
      PassSize size,
      Lanes lanes,
      boolean training,
      long seed) {
    this.shape = shape;
    this.size = size;
    int count = shape.layers().size();
    activations = new LayerActivations[count];
    for (int l = 0; l < count; l++) {
      boolean drops = training && shape.layers().get(l).dropout() > 0;
      activations[l] = new LayerActivations(products, memory, size, shape.size(l), drops);
    }
    contexts = new ThreadContext[team.count()];
    layers = new LayerForward[team.count()][count];
    for (int thread = 0; thread < contexts.length; thread++) {
      contexts[thread] = new ThreadContext(products, memory, team, thread, size, new PhaseClock());
      for (int l = 0; l < count; l++) {
        LayerWeights own = weights.layer(thread, l);
        int elements = size.lanes() * own.units().count();
        double dropout = shape.layers().get(l).dropout();
        layers[thread][l] =
            new LayerForward(
                contexts[thread],
                own,
                l == 0 ? null : activations[l - 1],
                activations[l],
                Cell.of(shape.layers().get(l).type(), size.steps(), elements),
                training && dropout > 0
                    ? new Dropout(seed, l, dropout, shape.size(l), own.units(), lanes, size.steps())
                    : null);
      }
    }
  }

  /** A training pass, with dropout. */
  static ForwardPass training(
      Products products,
      Team team,
      NetworkShape shape,
      NetworkWeights weights,
      Lanes lanes,
      int steps,
      long seed) {
    PassSize size = new PassSize(lanes.count(), steps);
    return new ForwardPass(products, team, shape, weights, size, lanes, true, seed);
  }

  /** An inference pass, without dropout. */
  static ForwardPass inference(
      Products products, Team team, NetworkShape shape, NetworkWeights weights, PassSize size) {
    return new ForwardPass(products, team, shape, weights, size, null, false, 0);
  }

  PassSize size() {
    return size;
  }

  NativeMemory memory() {
    return memory;
  }

  ThreadContext context(int thread) {
    return contexts[thread];
  }

  LayerForward layer(int thread, int layer) {
    return layers[thread][layer];
  }

  /** Input of the output layer. */
  LayerActivations top() {
    return activations[activations.length - 1];
  }

  /** Packs the current weights of one thread. */
  void load(int thread) {
    for (LayerForward layer : layers[thread]) {
      layer.load();
    }
  }

  /** Selects the dropout masks of one thread. */
  void startIteration(int thread, int iteration) {
    for (LayerForward layer : layers[thread]) {
      if (layer.dropout() != null) {
        layer.dropout().start(iteration);
      }
    }
  }

  /** Runs one thread over the steps of all lanes, from the carried state. */
  void run(int thread, int[] characters, int offset, int steps) {
    for (LayerForward layer : layers[thread]) {
      layer.run(characters, offset, steps);
    }
  }

  /**
   * Copies one thread's state after {@code steps} to the carried state, which no thread may be
   * reading.
   */
  void carry(int thread, int steps) {
    for (LayerForward layer : layers[thread]) {
      layer.carry(steps);
    }
  }

  /** The carried state. */
  CarriedState state() {
    List<LayerState> states = new ArrayList<>();
    for (int l = 0; l < activations.length; l++) {
      int units = shape.size(l);
      float[] hidden = new float[size.lanes() * units];
      boolean hasCell = layers[0][l].cell().carriedCell() != null;
      float[] cell = hasCell ? new float[hidden.length] : null;
      for (LayerForward[] ofThread : layers) {
        LayerForward share = ofThread[l];
        Units own = share.weights().units();
        forEachLane(own, units, share.carriedHidden(), hidden, false);
        if (hasCell) {
          forEachLane(own, units, share.cell().carriedCell(), cell, false);
        }
      }
      states.add(LayerState.of(size.lanes(), units, hidden, cell));
    }
    return new CarriedState(states);
  }

  /** Sets the carried state; without layers: zero. */
  void state(CarriedState state) {
    if (state.layers().isEmpty()) {
      state(CarriedState.zero(shape.layers(), size.lanes()));
      return;
    }
    for (int l = 0; l < activations.length; l++) {
      LayerState layer = state.layers().get(l);
      float[] hidden = layer.hiddenFloats();
      float[] cell = layer.cellFloats();
      for (LayerForward[] ofThread : layers) {
        LayerForward share = ofThread[l];
        Units units = share.weights().units();
        forEachLane(units, layer.size(), share.carriedHidden(), hidden, true);
        share.hiddenChanged();
        if (share.cell().carriedCell() != null) {
          forEachLane(units, layer.size(), share.cell().carriedCell(), cell, true);
        }
      }
    }
  }

  /** Copies a thread's units to or from the array of the whole layer. */
  private static void forEachLane(
      Units units, int layerSize, float[] own, float[] whole, boolean toOwn) {
    for (int b = 0; b < whole.length / layerSize; b++) {
      int at = b * layerSize + units.first();
      if (toOwn) {
        System.arraycopy(whole, at, own, b * units.count(), units.count());
      } else {
        System.arraycopy(own, b * units.count(), whole, at, units.count());
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
