package trainer.engine.cpu;

import java.util.Random;
import trainer.text.Segment;

/** Parameters and text from a seed. */
final class RandomNetworks {
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

  static Segment segment(Random random, int vocabulary, int length, int lanes) {
    Segment segment = new Segment(length, lanes);
    for (int i = 0; i < segment.characters(); i++) {
      segment.inputs()[i] = random.nextInt(vocabulary);
      segment.targets()[i] = random.nextInt(vocabulary);
    }
    return segment;
  }
}
