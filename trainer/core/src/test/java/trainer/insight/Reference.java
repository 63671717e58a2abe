package trainer.insight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.Networks;
import trainer.cell.CellShape;
import trainer.cell.CellState;
import trainer.cell.LayerInput;
import trainer.cell.RecurrentCell;
import trainer.cell.SoftmaxOutput;
import trainer.config.Layer;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;

/** A network of the reference cells in float64, with large random weights. */
final class Reference {
  final CharacterNetwork network;
  final NetworkWeights weights;

  Reference(int vocabulary, Layer... layers) {
    network = Networks.nd4j(Networks.configuration(1, 5, layers), vocabulary, DataType.DOUBLE);
    network.setParams(Nd4j.randn(DataType.DOUBLE, network.params().shape()).muli(0.6));
    weights =
        NetworkWeights.of(List.of(layers), vocabulary, network.params().dup().toDoubleVector());
  }

  /** The state before each character of a text, and after the last. */
  List<CarriedState> states(int... text) {
    List<CarriedState> states = new ArrayList<>();
    try (Engine.Session session = network.engine().session(1)) {
      states.add(CarriedState.zero(network.model().layers(), 1));
      for (int character : text) {
        session.next(new int[] {character});
        states.add(session.state());
      }
    }
    return states;
  }

  /** Minus the log-probability of the last character, from the state before the others, nats. */
  double loss(CarriedState before, int... text) {
    int steps = text.length - 1;
    int target = text[steps];
    List<Layer> layers = network.model().layers();
    INDArray hidden = row(before.layers().get(layers.size() - 1).hidden());
    if (steps > 0) {
      LayerInput input =
          LayerInput.oneHot(DataType.DOUBLE, Arrays.copyOf(text, steps), network.vocabularySize());
      int width = network.vocabularySize();
      for (int l = 0; l < layers.size(); l++) {
        LayerState state = before.layers().get(l);
        CellShape shape = new CellShape(DataType.DOUBLE, steps, 1, width, state.size());
        INDArray outputs =
            RecurrentCell.create(layers.get(l).type(), network.layerParameters(l), null, shape)
                .forward(
                    input,
                    new CellState(
                        row(state.hidden()), state.cell() == null ? null : row(state.cell())))
                .all();
        input = new LayerInput(outputs);
        width = state.size();
        hidden = outputs.getRow(steps - 1, true).dup();
      }
    }
    return -new SoftmaxOutput(network.outputParameters(), null)
        .logProbabilities(hidden)
        .getDouble(0, target);
  }

  private static INDArray row(double... values) {
    return Nd4j.createFromArray(values).reshape(1, values.length);
  }
}
