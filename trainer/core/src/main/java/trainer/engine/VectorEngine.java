package trainer.engine;

import java.util.OptionalDouble;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.config.Compute.Precision;
import trainer.text.Segment;

/**
 * An engine with its own layout. It copies to the network's arrays only when something reads them.
 */
public abstract class VectorEngine implements Engine {
  private final INDArray parameters;
  private final INDArray gradient;
  private final INDArray updaterState; // null if the optimizer keeps no averages
  private final VectorNetwork<?> computing;
  private boolean ahead; // the network's arrays are out of date

  /**
   * @param network its arrays are synchronized with {@code computing}
   * @param computing closed with this engine
   */
  protected VectorEngine(MultiLayerNetwork network, VectorNetwork<?> computing) {
    parameters = network.params();
    gradient = network.getFlattenedGradients();
    updaterState = network.getUpdater().getStateViewArray();
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
    float[] vector = vectorLike(gradient);
    computing.readGradient(vector);
    write(vector, gradient);
    return step;
  }

  @Override
  public final Precision precision() {
    return computing.precision();
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
  public final Session session(int lanes) {
    return computing.session(lanes);
  }

  @Override
  public final OptionalDouble productPeak(int size) {
    return computing.productPeak(size);
  }

  @Override
  public final void synchronize() {
    if (!ahead) {
      return;
    }
    ahead = false;
    float[] vector = vectorLike(parameters);
    computing.readParameters(vector);
    write(vector, parameters);
    if (updaterState != null) {
      float[] state = vectorLike(updaterState);
      computing.readUpdater(state);
      write(state, updaterState);
    }
  }

  @Override
  public final void reload() {
    ahead = false;
    computing.writeParameters(parameters.data().asFloat());
    if (updaterState != null) {
      computing.writeUpdater(updaterState.data().asFloat());
    }
  }

  private static float[] vectorLike(INDArray array) {
    return new float[Math.toIntExact(array.length())];
  }

  private static void write(float[] vector, INDArray array) {
    array.assign(Nd4j.createFromArray(vector).reshape(array.shape()));
  }

  /** Synchronizes the network, then frees everything the engine has allocated. */
  @Override
  public final void close() {
    try {
      synchronize();
    } finally {
      computing.close();
    }
  }
}
