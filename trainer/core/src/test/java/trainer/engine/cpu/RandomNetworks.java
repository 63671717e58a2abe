package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.plain.PlainNetwork;
import trainer.text.Segment;

/** Networks, their parameters and their text, from a seed. */
final class RandomNetworks {
  static final Optimizer ADAM = new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8);
  static final GradientClipping NO_CLIPPING = new GradientClipping.None();
  static final List<Layer> STACK = layers("lstm:17:0.25 gru:33 graves_lstm:3:0.5");

  private RandomNetworks() {}

  /** Uniform in ±1/√H of each layer, biases and peepholes included. */
  static float[] parameters(NetworkShape shape, long seed) {
    Random random = new Random(seed);
    float[] parameters = new float[shape.parameters()];
    for (int l = 0; l <= shape.layers().size(); l++) {
      float range = (float) (1 / Math.sqrt(shape.size(Math.min(l, shape.top()))));
      int end = l > shape.top() ? parameters.length : shape.offset(l + 1);
      for (int i = shape.offset(l); i < end; i++) {
        parameters[i] = range * (2 * random.nextFloat() - 1);
      }
    }
    return parameters;
  }

  /** Layers as {@code type:size[:dropout]}, separated by spaces. */
  static List<Layer> layers(String text) {
    List<Layer> layers = new ArrayList<>();
    for (String layer : text.split(" ", -1)) {
      String[] parts = layer.split(":", -1);
      layers.add(
          new Layer(
              CellType.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT)),
              Integer.parseInt(parts[1]),
              parts.length > 2 ? Double.parseDouble(parts[2]) : 0));
    }
    return layers;
  }

  static CpuNetwork network(
      NetworkShape shape, Optimizer optimizer, GradientClipping clipping, int threads) {
    CpuNetwork network =
        new CpuNetwork(
            shape, new CpuNetwork.Settings(optimizer, clipping, 11, threads, 0, Precision.FLOAT32));
    network.writeParameters(RandomNetworks.parameters(shape, 5));
    return network;
  }

  static CpuNetwork network(NetworkShape shape, int threads) {
    return network(shape, ADAM, NO_CLIPPING, threads);
  }

  static PlainNetwork plain(NetworkShape shape, int lanes) {
    PlainNetwork plain = new PlainNetwork(shape.vocabulary(), shape.layers(), lanes, 11);
    float[] parameters = RandomNetworks.parameters(shape, 5);
    Arrays.setAll(plain.parameters, i -> parameters[i]);
    return plain;
  }

  static Segment segment(Random random, int vocabulary, int length, int lanes) {
    Segment segment = new Segment(length, lanes);
    for (int i = 0; i < segment.characters(); i++) {
      segment.inputs()[i] = random.nextInt(vocabulary);
      segment.targets()[i] = random.nextInt(vocabulary);
    }
    return segment;
  }
}
