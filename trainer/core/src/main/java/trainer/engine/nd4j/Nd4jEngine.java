package trainer.engine.nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.conditions.Conditions;
import trainer.cell.CellState;
import trainer.cell.SoftmaxOutput;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/**
 * The reference engine: the cells of {@link trainer.cell} on any ND4J backend, on the network's own
 * arrays. The other engines are tested against it.
 */
public final class Nd4jEngine implements Engine {
  private final CharacterNetwork network;
  private final DataType type;
  private final Update update;
  private final GradientClipping clipping;
  private List<CellState> carried = List.of(); // empty: zero state
  private Stack stack;
  private int stackSteps;
  private int stackLanes;

  /** An engine for an initialized network. */
  public Nd4jEngine(CharacterNetwork network) {
    this.network = network;
    this.type = network.getLayerWiseConfigurations().getDataType();
    this.clipping = network.training().gradientClipping();
    this.update = new Update(network);
  }

  @Override
  public String description() {
    return Nd4jBackend.description();
  }

  @Override
  public Optional<String> gpu() {
    return Nd4jBackend.gpu();
  }

  @Override
  public Step train(Segment segment, double learningRate, int iteration) {
    Step step = gradient(segment, iteration);
    clip(step.gradientNorm());
    update.apply(learningRate, iteration);
    return step;
  }

  @Override
  public Step gradient(Segment segment, int iteration) {
    int lanes = segment.lanes();
    if (carried.isEmpty()) {
      carried = zeroState(lanes);
    } else if (carried.get(0).hidden().rows() != lanes) {
      throw new IllegalArgumentException(
          "a segment of %d lanes, the carried state has %d: clear or set the state first"
              .formatted(lanes, carried.get(0).hidden().rows()));
    }
    if (stack == null || stackSteps != segment.length() || stackLanes != lanes) {
      stack = new Stack(network, segment.length(), lanes, true);
      stackSteps = segment.length();
      stackLanes = lanes;
    }
    INDArray logProbabilities = stack.forwardInTraining(segment.inputs(), carried, iteration);
    double nats = SoftmaxOutput.crossEntropy(logProbabilities, segment.targets());
    stack.backward(logProbabilities, segment.targets());
    return new Step(nats / segment.characters(), norm(network.getFlattenedGradients()));
  }

  /** By BLAS: ND4J's norm2 accumulates squares sequentially in the array's type. */
  private static double norm(INDArray gradient) {
    return Nd4j.getBlasWrapper().level1().nrm2(gradient);
  }

  private void clip(double norm) {
    INDArray gradient = network.getFlattenedGradients();
    if (clipping instanceof GradientClipping.Norm bound) {
      gradient.muli(bound.factor(norm));
    } else if (clipping instanceof GradientClipping.Value bound) {
      BooleanIndexing.replaceWhere(gradient, bound.value(), Conditions.greaterThan(bound.value()));
      BooleanIndexing.replaceWhere(gradient, -bound.value(), Conditions.lessThan(-bound.value()));
    }
  }

  private List<CellState> zeroState(int lanes) {
    return network.model().layers().stream()
        .map(layer -> CellState.zeros(layer.type(), type, lanes, layer.size()))
        .toList();
  }

  @Override
  public CarriedState carriedState() {
    return copy(carried);
  }

  static CarriedState copy(List<CellState> states) {
    List<LayerState> layers = new ArrayList<>();
    for (CellState state : states) {
      INDArray hidden = state.hidden();
      layers.add(
          new LayerState(
              hidden.rows(),
              hidden.columns(),
              hidden.dup('c').data().asDouble(),
              state.cell() == null ? null : state.cell().dup('c').data().asDouble()));
    }
    return new CarriedState(layers);
  }

  @Override
  public void carriedState(CarriedState state) {
    if (state.layers().isEmpty()) {
      clearState();
      return;
    }
    int lanes = state.lanes(network.model().layers());
    List<CellState> states = new ArrayList<>();
    for (int i = 0; i < state.layers().size(); i++) {
      LayerState from = state.layers().get(i);
      Layer layer = network.model().layers().get(i);
      CellState to = CellState.zeros(layer.type(), type, lanes, from.size());
      to.hidden().assign(matrix(from.hidden(), from));
      if (to.cell() != null) {
        to.cell().assign(matrix(from.cell(), from));
      }
      states.add(to);
    }
    carried = List.copyOf(states);
  }

  private INDArray matrix(double[] values, LayerState state) {
    return Nd4j.createFromArray(values).castTo(type).reshape('c', state.lanes(), state.size());
  }

  @Override
  public void clearState() {
    carried = List.of();
  }

  @Override
  public Session session(int lanes) {
    return new Nd4jSession(network, zeroState(lanes), lanes);
  }

  /** No-op: the engine works on the network's arrays. */
  @Override
  public void synchronize() {}

  /** No-op: the engine works on the network's arrays. */
  @Override
  public void reload() {}

  @Override
  public void close() {
    stack = null;
    carried = List.of();
  }
}
