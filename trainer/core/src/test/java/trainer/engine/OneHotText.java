package trainer.engine;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import trainer.text.Segment;

/** Segments as Deeplearning4j reads them, one-hot, [lanes, vocabulary, steps]. */
public final class OneHotText {
  private OneHotText() {}

  /** Inputs and targets of a segment. */
  public static DataSet dataSet(Segment segment, int vocabulary, DataType type) {
    return new DataSet(
        array(segment.inputs(), segment, vocabulary, type),
        array(segment.targets(), segment, vocabulary, type));
  }

  private static INDArray array(int[] characters, Segment segment, int vocabulary, DataType type) {
    INDArray array = Nd4j.zeros(type, segment.lanes(), vocabulary, segment.length());
    for (int t = 0; t < segment.length(); t++) {
      for (int b = 0; b < segment.lanes(); b++) {
        array.putScalar(new int[] {b, characters[t * segment.lanes() + b], t}, 1);
      }
    }
    return array;
  }
}
