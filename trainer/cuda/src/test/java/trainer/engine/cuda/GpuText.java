package trainer.engine.cuda;

import java.util.Arrays;
import trainer.engine.Engine;
import trainer.text.Segment;

/** A text whose last tenth is held out. */
final class GpuText {
  private final int[] characters;
  private final int vocabulary;
  private final int training;
  private final int lanes;
  private final int steps;

  /**
   * @param lanes lanes of each part
   * @param steps characters per segment
   */
  GpuText(String text, int lanes, int steps) {
    int[] alphabet = text.codePoints().distinct().sorted().toArray();
    characters = text.codePoints().map(c -> Arrays.binarySearch(alphabet, c)).toArray();
    vocabulary = alphabet.length;
    training = characters.length - characters.length / 10;
    this.lanes = lanes;
    this.steps = steps;
  }

  int vocabulary() {
    return vocabulary;
  }

  /** Segments of the first nine tenths. */
  int trainingSegments() {
    return (training / lanes - 1) / steps;
  }

  Segment trainingSegment(int index) {
    return segment(0, training / lanes, index);
  }

  /** Mean loss on the last tenth from zero state, nats per character. */
  double validationLoss(CudaNetwork network) {
    int lane = (characters.length - training) / lanes;
    try (Engine.Session session = network.session(lanes)) {
      Engine.Score score = new Engine.Score(0, 0, 0);
      for (int i = 0; i < (lane - 1) / steps; i++) {
        score = score.plus(session.score(segment(training, lane, i)));
      }
      return score.loss();
    }
  }

  private Segment segment(int from, int lane, int index) {
    Segment segment = new Segment(steps, lanes);
    for (int t = 0; t < steps; t++) {
      for (int b = 0; b < lanes; b++) {
        int at = from + b * lane + index * steps + t;
        segment.inputs()[t * lanes + b] = characters[at];
        segment.targets()[t * lanes + b] = characters[at + 1];
      }
    }
    return segment;
  }
}
