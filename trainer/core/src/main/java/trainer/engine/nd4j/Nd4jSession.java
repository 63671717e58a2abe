package trainer.engine.nd4j;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.cell.CellState;
import trainer.cell.SoftmaxOutput;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Predictions;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/** A forward pass with its own state over the network's current parameters. */
final class Nd4jSession implements Engine.Session {
  private final CharacterNetwork network;
  private final List<CellState> states;
  private final int lanes;
  private Stack stack;
  private int stackSteps;

  Nd4jSession(CharacterNetwork network, List<CellState> states, int lanes) {
    this.network = network;
    this.states = states;
    this.lanes = lanes;
  }

  @Override
  public Engine.Score score(Segment segment) {
    return score(segment, null);
  }

  @Override
  public Engine.Score score(Segment segment, Predictions predictions) {
    check(segment.lanes());
    INDArray logProbabilities = forward(segment.inputs(), segment.length());
    if (predictions != null) {
      write(logProbabilities, segment.targets(), predictions);
    }
    int[] predicted = Nd4j.argMax(logProbabilities, 1).toIntVector();
    long correct = 0;
    for (int i = 0; i < predicted.length; i++) {
      if (predicted[i] == segment.targets()[i]) {
        correct++;
      }
    }
    double nats = SoftmaxOutput.crossEntropy(logProbabilities, segment.targets());
    return new Engine.Score(nats, correct, segment.scored());
  }

  private static void write(INDArray logProbabilities, int[] targets, Predictions predictions) {
    int classes = logProbabilities.columns();
    for (int row = 0; row < targets.length; row++) {
      for (int v = 0; v < classes; v++) {
        predictions.probabilities()[row * classes + v] =
            (float) Math.exp(logProbabilities.getDouble(row, v));
      }
      if (targets[row] != Segment.NOT_SCORED) {
        predictions.nats()[row] = -logProbabilities.getDouble(row, targets[row]);
      }
    }
  }

  @Override
  public float[] next(int[] characters) {
    check(characters.length);
    return forward(characters, 1).data().asFloat();
  }

  private void check(int found) {
    if (found != lanes) {
      throw new IllegalArgumentException(
          "text in %d lanes for a session of %d lanes".formatted(found, lanes));
    }
  }

  private INDArray forward(int[] characters, int steps) {
    if (stack == null || stackSteps != steps) {
      stack = new Stack(network, steps, lanes, false);
      stackSteps = steps;
    }
    return stack.forward(characters, states);
  }

  @Override
  public CarriedState state() {
    return Nd4jEngine.copy(states);
  }

  @Override
  public void clear() {
    states.forEach(CellState::clear);
  }

  @Override
  public void close() {
    stack = null;
  }
}
