package trainer.layer;

import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.recurrent.BaseRecurrentLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.cell.CellShape;
import trainer.cell.CellState;
import trainer.cell.LayerInput;
import trainer.cell.LayerParameters;
import trainer.cell.RecurrentCell;
import trainer.cell.Sequence;
import trainer.config.Layer.CellType;

/**
 * The {@link Gru} inside a Deeplearning4j network. The backward pass recomputes the forward pass
 * from the same start state.
 */
@SuppressWarnings("try") // the workspace scope is opened for its effect
public final class GruLayer extends BaseRecurrentLayer<Gru> {
  private static final long serialVersionUID = 1;
  private static final String HIDDEN = "prevAct";

  /** The state that the last forward pass started from, [lanes, size]; null for zero. */
  private transient INDArray start;

  GruLayer(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    return forward(null, training, workspaces).getFirst();
  }

  @Override
  public INDArray rnnTimeStep(INDArray input, LayerWorkspaceMgr workspaces) {
    setInput(input, workspaces);
    return continueFrom(stateMap, false, true, workspaces);
  }

  @Override
  public INDArray rnnActivateUsingStoredState(
      INDArray input, boolean training, boolean storeLast, LayerWorkspaceMgr workspaces) {
    setInput(input, workspaces);
    return continueFrom(tBpttStateMap, training, storeLast, workspaces);
  }

  private INDArray continueFrom(
      Map<String, INDArray> states, boolean training, boolean store, LayerWorkspaceMgr workspaces) {
    Pair<INDArray, INDArray> result = forward(states.get(HIDDEN), training, workspaces);
    if (store) {
      states.put(HIDDEN, result.getSecond());
    }
    return result.getFirst();
  }

  /** Outputs [lanes, size, steps] and the state after them, [lanes, size]. */
  private Pair<INDArray, INDArray> forward(
      INDArray from, boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    applyDropOutIfNecessary(training, workspaces);
    start = from;
    INDArray output;
    CellState state;
    try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      CellShape shape = shape();
      state = state(shape);
      Sequence hidden = cell(null, shape).forward(rows(), state);
      output = series(hidden.all(), shape.size());
    }
    return new Pair<>(workspaces.dup(ArrayType.ACTIVATIONS, output), state.hidden());
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray inputGradient;
    try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      CellShape shape = shape();
      RecurrentCell cell = cell(LayerParameters.of(gradientViews), shape);
      LayerInput x = rows();
      cell.forward(x, state(shape));
      INDArray gradient =
          Nd4j.zeros(dataType, (long) shape.steps() * shape.lanes(), shape.inputs());
      cell.backward(x, Sequence.of(timeMajor(epsilon), shape.steps()), gradient);
      inputGradient = series(gradient, shape.inputs());
    }
    Gradient gradients = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach((key, view) -> gradients.gradientForVariable().put(key, view));
    INDArray below =
        backpropDropOutIfPresent(workspaces.dup(ArrayType.ACTIVATION_GRAD, inputGradient));
    return new Pair<>(gradients, below);
  }

  @Override
  public Pair<Gradient, INDArray> tbpttBackpropGradient(
      INDArray epsilon, int backwardLength, LayerWorkspaceMgr workspaces) {
    return backpropGradient(epsilon, workspaces);
  }

  @Override
  public void rnnClearPreviousState() {
    super.rnnClearPreviousState();
    start = null;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  private CellShape shape() {
    return new CellShape(
        dataType,
        (int) input.size(2),
        (int) input.size(0),
        (int) layerConf().getNIn(),
        (int) layerConf().getNOut());
  }

  private RecurrentCell cell(LayerParameters gradients, CellShape shape) {
    return RecurrentCell.create(CellType.GRU, LayerParameters.of(params), gradients, shape);
  }

  private CellState state(CellShape shape) {
    CellState state = CellState.zeros(CellType.GRU, dataType, shape.lanes(), shape.size());
    if (start != null) {
      state.hidden().assign(start);
    }
    return state;
  }

  private LayerInput rows() {
    return new LayerInput(timeMajor(input.castTo(dataType)));
  }

  /** [lanes, n, steps] to [steps · lanes, n] */
  private static INDArray timeMajor(INDArray series) {
    return series
        .permute(2, 0, 1)
        .dup('c')
        .reshape('c', series.size(2) * series.size(0), series.size(1));
  }

  /** [steps · lanes, n] to [lanes, n, steps] */
  private INDArray series(INDArray rows, int n) {
    return rows.reshape('c', input.size(2), input.size(0), n).permute(1, 2, 0).dup('f');
  }
}
