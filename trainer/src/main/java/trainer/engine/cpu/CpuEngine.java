package trainer.engine.cpu;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/**
 * The engine for CPUs: whole training steps in float32, on a layout of parameters of its own. The
 * network's arrays are brought up to date only when something reads them.
 */
public final class CpuEngine implements Engine {
  private final CpuNetwork computing;
  private final INDArray parameters;
  private final INDArray gradient;
  private final INDArray updaterState; // null where the optimizer keeps nothing
  private boolean ahead; // of the network's arrays

  /**
   * An engine for a network whose parameters are drawn.
   *
   * @param threads that compute; 0: one for each processor
   */
  public CpuEngine(CharacterNetwork network, int threads) {
    parameters = network.params();
    gradient = network.getFlattenedGradients();
    updaterState = network.getUpdater().getStateViewArray();
    computing =
        new CpuNetwork(
            new NetworkShape(network.vocabularySize(), network.model().layers()),
            new CpuNetwork.Settings(
                network.training().optimizer(),
                network.training().gradientClipping(),
                network.seed(),
                threads == 0 ? Runtime.getRuntime().availableProcessors() : threads));
    reload();
  }

  @Override
  public String description() {
    return "cpu (" + computing.description() + ")";
  }

  @Override
  public Step train(Segment segment, double learningRate, int iteration) {
    ahead = true;
    return computing.train(segment, learningRate, iteration);
  }

  @Override
  public Step gradient(Segment segment, int iteration) {
    Step step = computing.gradient(segment, iteration);
    float[] vector = new float[(int) gradient.length()];
    computing.readGradient(vector);
    write(vector, gradient);
    return step;
  }

  @Override
  public CarriedState carriedState() {
    CarriedState state = computing.carriedState();
    return state == null ? new CarriedState(List.of()) : state;
  }

  @Override
  public void carriedState(CarriedState state) {
    if (state.layers().isEmpty()) {
      computing.clearState();
    } else {
      computing.carriedState(state);
    }
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
  public Map<String, Duration> phaseTimes() {
    Map<String, Duration> times = new LinkedHashMap<>();
    for (Phase phase : Phase.values()) {
      times.put(phase.description(), Duration.ofNanos(computing.nanoseconds(phase)));
    }
    return times;
  }

  @Override
  public void synchronize() {
    if (!ahead) {
      return;
    }
    ahead = false;
    float[] vector = new float[(int) parameters.length()];
    computing.readParameters(vector);
    write(vector, parameters);
    if (updaterState != null) {
      float[] state = new float[(int) updaterState.length()];
      computing.readUpdater(state);
      write(state, updaterState);
    }
  }

  @Override
  public void reload() {
    ahead = false;
    computing.writeParameters(parameters.data().asFloat());
    if (updaterState != null) {
      computing.writeUpdater(updaterState.data().asFloat());
    }
  }

  private static void write(float[] vector, INDArray array) {
    array.assign(Nd4j.createFromArray(vector).reshape(array.shape()));
  }

  /** Brings the network up to date, then ends the threads and frees all native memory. */
  @Override
  public void close() {
    synchronize();
    computing.close();
  }
}
