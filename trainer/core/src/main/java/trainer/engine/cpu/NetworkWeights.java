package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.engine.VectorWeights;

/**
 * Parameters and optimizer averages of a network, divided among threads: each owns the columns of
 * its units in every layer.
 */
final class NetworkWeights implements VectorWeights, AutoCloseable {
  private final NativeMemory memory = new NativeMemory();
  private final NetworkShape shape;
  private final int moments;
  private final LayerWeights[][] layers; // [thread][layer]
  private final OutputWeights[] outputs; // [thread]
  private final List<List<Parameter>> owned = new ArrayList<>(); // by thread
  private long version;

  NetworkWeights(NetworkShape shape, int threads, int moments) {
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
    Parameter biases = OutputWeights.biases(shape, moments);
    for (int thread = 0; thread < threads; thread++) {
      List<Parameter> parameters = new ArrayList<>();
      for (int l = 0; l < count; l++) {
        Units units = Units.of(shape.size(l), thread, threads);
        layers[thread][l] = new LayerWeights(memory, shape, l, units, shared[l], moments);
        parameters.addAll(layers[thread][l].parameters());
      }
      Units top = layers[thread][shape.top()].units();
      outputs[thread] = new OutputWeights(shape, top, sharedOutput, biases, moments);
      parameters.add(outputs[thread].weights());
      if (thread == 0) {
        parameters.add(biases);
      }
      owned.add(parameters);
    }
  }

  LayerWeights layer(int thread, int layer) {
    return layers[thread][layer];
  }

  OutputWeights output(int thread) {
    return outputs[thread];
  }

  /** The parameters that a thread updates. */
  List<Parameter> of(int thread) {
    return owned.get(thread);
  }

  /** Increases when values change. */
  long version() {
    return version;
  }

  /** Called after all threads have published new values. */
  void changed() {
    version++;
  }

  /** Copies one thread's values from the heap to native memory. */
  void publish(int thread) {
    for (LayerWeights layer : layers[thread]) {
      layer.publish();
    }
    outputs[thread].publish();
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
    for (int thread = 0; thread < layers.length; thread++) {
      for (Parameter parameter : of(thread)) {
        parameter.take(parameter.values(), vector, 0);
      }
      publish(thread);
    }
    changed();
  }

  @Override
  public void putParameters(float[] vector) {
    owned.forEach(list -> list.forEach(p -> p.put(p.values(), vector, 0)));
  }

  @Override
  public void putGradient(float[] vector) {
    owned.forEach(list -> list.forEach(p -> p.put(p.gradient(), vector, 0)));
  }

  @Override
  public void takeMoment(int index, float[] vector, int offset) {
    owned.forEach(list -> list.forEach(p -> p.take(p.moment(index), vector, offset)));
  }

  @Override
  public void putMoment(int index, float[] vector, int offset) {
    owned.forEach(list -> list.forEach(p -> p.put(p.moment(index), vector, offset)));
  }

  @Override
  public void close() {
    memory.close();
  }
}
