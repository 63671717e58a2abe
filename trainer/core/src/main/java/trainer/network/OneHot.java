package trainer.network;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.longer.CountNonZero;
import org.nd4j.linalg.factory.Nd4j;
import trainer.text.Segment;

/** Converts one-hot arrays back to characters. */
final class OneHot {
  private OneHot() {}

  /**
   * Splits a text into segments of at most {@code length} steps.
   *
   * @param features one-hot, [lanes, vocabulary, steps]
   * @param labels one-hot, of the same shape
   * @throws IllegalArgumentException if they are not one-hot or differ in shape
   */
  static List<Segment> segments(INDArray features, INDArray labels, int length) {
    int[][] inputs = indices("features", features); // [lanes][steps]
    int[][] targets = indices("labels", labels);
    if (!features.equalShapes(labels)) {
      throw new IllegalArgumentException(
          "features %s and labels %s differ in shape"
              .formatted(features.shapeInfoToString(), labels.shapeInfoToString()));
    }
    int lanes = inputs.length;
    int steps = inputs[0].length;
    List<Segment> segments = new ArrayList<>();
    for (int from = 0; from < steps; from += length) {
      Segment segment = new Segment(Math.min(length, steps - from), lanes);
      for (int t = 0; t < segment.length(); t++) {
        for (int b = 0; b < lanes; b++) {
          segment.inputs()[t * lanes + b] = inputs[b][from + t];
          segment.targets()[t * lanes + b] = targets[b][from + t];
        }
      }
      segments.add(segment);
      if (steps - from <= length) {
        break;
      }
    }
    return segments;
  }

  private static int[][] indices(String name, INDArray oneHot) {
    if (oneHot == null || oneHot.rank() != 3) {
      throw new IllegalArgumentException(
          "%s must be one-hot characters [lanes, vocabulary, steps], not %s"
              .formatted(name, oneHot == null ? "null" : oneHot.shapeInfoToString()));
    }
    INDArray nonzero = Nd4j.getExecutioner().exec(new CountNonZero(oneHot, 1)); // [lanes, steps]
    boolean binary = nonzero.eq(1).all() && oneHot.max(1).eq(1).all();
    if (!binary) {
      throw new IllegalArgumentException(
          name + " must be one-hot: exactly one 1 for each lane and step, zeros elsewhere");
    }
    return Nd4j.argMax(oneHot, 1).toIntMatrix();
  }
}
