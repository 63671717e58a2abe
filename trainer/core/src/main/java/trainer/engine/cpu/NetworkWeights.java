package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.engine.VectorWeights;

/**
 * Parameters, gradients and optimizer averages of a network, divided among the threads of a team:
 * each has the columns of its units in every layer. Updates are made in slices: the threads'
 * shares, or rows of all parameters if there is one thread.
 */
final class NetworkWeights implements VectorWeights, AutoCloseable {
  private final NativeMemory memory;
  private final NetworkShape shape;
  private final int moments;
  private final LayerWeights[][] layers; // [thread][layer]
  private final OutputWeights[] outputs; // [thread]
  private final List<Parameter> parameters = new ArrayList<>();
  private long version;

  NetworkWeights(NetworkShape shape, int threads, int moments) {
    memory = new NativeMemory();
    this.shape = shape;
    this.moments = moments;
    int count = shape.layers().size();
    layers = new LayerWeights[threads][count];
    outputs = new OutputWeights[threads];
    LayerWeights.Shared[] shared = new LayerWeights.Shared[count];
    for (int l = 0; l < count; l++) {
      shared[l] = LayerWeights.Shared.of(memory, shape, l);
    }
    Matrix sharedOutput = memory.alignedRows(shape.size(shape.top()), shape.vocabulary());
    Parameter biases = OutputWeights.biases(shape, share(0), moments);
    for (int thread = 0; thread < threads; thread++) {
      for (int l = 0; l < count; l++) {
        Units units = Units.of(shape.size(l), thread, threads);
        layers[thread][l] =
            new LayerWeights(memory, shape, l, share(thread), units, shared[l], moments);
      }
      Units top = layers[thread][shape.top()].units();
      outputs[thread] = new OutputWeights(shape, share(thread), top, sharedOutput, biases, moments);
    }
    list();
  }

  private NetworkWeights(NetworkWeights other) {
    memory = null;
    shape = other.shape;
    moments = other.moments;
    layers = new LayerWeights[other.layers.length][];
    outputs = new OutputWeights[layers.length];
    for (int thread = 0; thread < layers.length; thread++) {
      layers[thread] =
          Arrays.stream(other.layers[thread])
              .map(LayerWeights::withOwnGradients)
              .toArray(LayerWeights[]::new);
      outputs[thread] = other.outputs[thread].withOwnGradients();
    }
    list();
  }

  /** The same weights with gradients of their own; need not be closed. */
  NetworkWeights withOwnGradients() {
    return new NetworkWeights(this);
  }

  /** Threads that divide the units update their own; one slice has what one thread owns. */
  private int share(int thread) {
    return layers.length == 1 ? -1 : thread;
  }

  private void list() {
    for (int thread = 0; thread < layers.length; thread++) {
      for (LayerWeights layer : layers[thread]) {
        parameters.addAll(layer.parameters());
      }
      parameters.addAll(outputs[thread].parameters(thread == 0));
    }
  }

  LayerWeights layer(int thread, int layer) {
    return layers[thread][layer];
  }

  OutputWeights output(int thread) {
    return outputs[thread];
  }

  /** All parameters, in the same order for the same division. */
  List<Parameter> parameters() {
    return parameters;
  }

  /**
   * The parameters of one layer, where one thread has all units.
   *
   * @param layer the output layer is the last
   */
  List<Parameter> parameters(int layer) {
    return layer == layers[0].length ? outputs[0].parameters(true) : layers[0][layer].parameters();
  }

  /** Increases when values change. */
  long version() {
    return version;
  }

  /** Called after all threads have published new values. */
  void changed() {
    version++;
  }

  /** Copies one slice of the values from the heap to native memory. */
  void publish(int slice, int slices) {
    for (int thread = 0; thread < layers.length; thread++) {
      for (LayerWeights layer : layers[thread]) {
        layer.publish(slice, slices);
      }
      outputs[thread].publish(slice, slices);
    }
  }

  @Override
  public int length() {
    return shape.parameters();
  }

  @Override
  public int moments() {
    return moments;
  }

  @Override
  public void takeParameters(float[] vector) {
    parameters.forEach(p -> p.take(p.values(), vector, 0));
    for (int thread = 0; thread < layers.length; thread++) {
      publish(thread, layers.length);
    }
    changed();
  }

  @Override
  public void putParameters(float[] vector) {
    parameters.forEach(p -> p.put(p.values(), vector, 0));
  }

  @Override
  public void putGradient(float[] vector) {
    parameters.forEach(p -> p.put(p.gradient(), vector, 0));
  }

  @Override
  public void takeMoment(int index, float[] vector, int offset) {
    parameters.forEach(p -> p.take(p.moment(index), vector, offset));
  }

  @Override
  public void putMoment(int index, float[] vector, int offset) {
    parameters.forEach(p -> p.put(p.moment(index), vector, offset));
  }

  @Override
  public void close() {
    memory.close();
  }
}
