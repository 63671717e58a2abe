package trainer.engine.cuda;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.config.Compute.Precision;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/**
 * The engine for NVIDIA GPUs: whole training steps on the GPU, on a layout of parameters of its
 * own. The network's arrays are brought up to date only when something reads them.
 */
public final class CudaEngine implements Engine {
  private final CudaNetwork computing;
  private final INDArray parameters;
  private final INDArray gradient;
  private final INDArray updaterState; // null where the optimizer keeps nothing
  private boolean ahead; // of the network's arrays

  /**
   * An engine on this machine's first GPU for a network whose parameters are drawn.
   *
   * @throws CudaException that says why where it cannot be used
   */
  public CudaEngine(CharacterNetwork network, Precision precision) {
    this(
        network,
        Device.open(
            LibrarySearch.ofThisMachine(),
            KernelCache.ofThisMachine(),
            precision,
            Recurrence.ofThisMachine()));
  }

  /**
   * @param device closed with this engine, and where it cannot be made
   */
  CudaEngine(CharacterNetwork network, Device device) {
    parameters = network.params();
    gradient = network.getFlattenedGradients();
    updaterState = network.getUpdater().getStateViewArray();
    computing =
        new CudaNetwork(
            device,
            new ParameterLayout(network.vocabularySize(), network.model().layers()),
            network.training().optimizer(),
            network.training().gradientClipping(),
            network.seed());
    reload();
  }

  @Override
  public String description() {
    return "cuda (" + computing.description() + ")";
  }

  @Override
  public Step train(Segment segment, double learningRate, int iteration) {
    ahead = true;
    return computing.train(segment, learningRate, iteration);
  }

  @Override
  public Step gradient(Segment segment, int iteration) {
    Step step = computing.gradient(segment, iteration);
    write(computing.gradient(), gradient);
    return step;
  }

  @Override
  public CarriedState carriedState() {
    return computing.carriedState();
  }

  @Override
  public void carriedState(CarriedState state) {
    computing.carriedState(state);
  }

  @Override
  public void clearState() {
    computing.clearState();
  }

  @Override
  public Reader reader(int lanes) {
    return computing.reader(lanes);
  }

  @Override
  public void synchronize() {
    if (!ahead) {
      return;
    }
    ahead = false;
    write(computing.parameters(), parameters);
    if (updaterState != null) {
      write(computing.updater(), updaterState);
    }
  }

  @Override
  public void reload() {
    ahead = false;
    computing.takeParameters(parameters.data().asFloat());
    if (updaterState != null) {
      computing.takeUpdater(updaterState.data().asFloat());
    }
  }

  /**
   * Measures how fast the GPU multiplies large matrices in the engine's precision.
   *
   * @param size rows and columns of each matrix
   * @return floating-point operations a second
   */
  public double productPeak(int size) {
    return computing.productPeak(size);
  }

  private static void write(float[] vector, INDArray array) {
    array.assign(Nd4j.createFromArray(vector).reshape(array.shape()));
  }

  /** Brings the network up to date, then frees all memory of the GPU. */
  @Override
  public void close() {
    try {
      synchronize();
    } finally {
      computing.close();
    }
  }
}
