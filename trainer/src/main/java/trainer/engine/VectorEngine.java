package trainer.engine;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.text.Segment;

/**
 * An engine that computes on a layout of its own. The network's arrays are brought up to date only
 * when something reads them.
 */
public abstract class VectorEngine implements Engine {
  private final NetworkArrays arrays;
  private final VectorNetwork<?> computing;
  private boolean ahead; // of the network's arrays

  /**
   * The arrays of a Deeplearning4j network that an engine computes for.
   *
   * @param updaterState null where the optimizer keeps nothing
   */
  public record NetworkArrays(INDArray parameters, INDArray gradient, INDArray updaterState) {}

  /**
   * @param computing has other parameters than the arrays until {@link #reload}; closed with this
   *     engine
   */
  protected VectorEngine(NetworkArrays arrays, VectorNetwork<?> computing) {
    this.arrays = arrays;
    this.computing = computing;
    reload();
  }

  @Override
  public final Step train(Segment segment, double learningRate, int iteration) {
    ahead = true;
    return computing.train(segment, learningRate, iteration);
  }

  @Override
  public final Step gradient(Segment segment, int iteration) {
    Step step = computing.gradient(segment, iteration);
    float[] vector = vectorLike(arrays.gradient());
    computing.readGradient(vector);
    write(vector, arrays.gradient());
    return step;
  }

  @Override
  public final CarriedState carriedState() {
    return computing.carriedState();
  }

  @Override
  public final void carriedState(CarriedState state) {
    computing.carriedState(state);
  }

  @Override
  public final void clearState() {
    computing.clearState();
  }

  @Override
  public final Reader reader(int lanes) {
    return computing.reader(lanes);
  }

  @Override
  public final void synchronize() {
    if (!ahead) {
      return;
    }
    ahead = false;
    float[] vector = vectorLike(arrays.parameters());
    computing.readParameters(vector);
    write(vector, arrays.parameters());
    if (arrays.updaterState() != null) {
      float[] state = vectorLike(arrays.updaterState());
      computing.readUpdater(state);
      write(state, arrays.updaterState());
    }
  }

  @Override
  public final void reload() {
    ahead = false;
    computing.writeParameters(arrays.parameters().data().asFloat());
    if (arrays.updaterState() != null) {
      computing.writeUpdater(arrays.updaterState().data().asFloat());
    }
  }

  private static float[] vectorLike(INDArray array) {
    return new float[Math.toIntExact(array.length())];
  }

  private static void write(float[] vector, INDArray array) {
    array.assign(Nd4j.createFromArray(vector).reshape(array.shape()));
  }

  /** Brings the network up to date, then gives back all that the engine has taken. */
  @Override
  public final void close() {
    try {
      synchronize();
    } finally {
      computing.close();
    }
  }
}
