package trainer.run;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.Vocabulary;

/**
 * The network of a checkpoint, built again from its configuration: Deeplearning4j's own JSON, which
 * names classes, is never read.
 */
public record SavedNetwork(
    Path file, Checkpoint checkpoint, Configuration configuration, Vocabulary vocabulary) {

  /**
   * Opens a run directory or one of its checkpoints.
   *
   * @throws RunException if there is none, or it is damaged
   */
  public static SavedNetwork open(Path run) {
    Path file = RunArgument.resolve(run);
    return of(file, Checkpoint.read(file));
  }

  /** Of a checkpoint that was read. */
  public static SavedNetwork of(Path file, Checkpoint checkpoint) {
    return new SavedNetwork(
        file,
        checkpoint,
        ConfigurationLoader.parse(checkpoint.configuration(), file + "!config.yml", List.of()),
        Vocabulary.fromJson(checkpoint.vocabulary(), file + "!vocabulary.json"));
  }

  /** The network with the saved parameters, for reading. */
  public CharacterNetwork network(DataType type, Function<CharacterNetwork, Engine> engine) {
    CharacterNetwork network = new CharacterNetwork(configuration, vocabulary.size(), type, engine);
    restoreParameters(network);
    return network;
  }

  /**
   * Puts the saved parameters into a network.
   *
   * @throws RunException if the network has another number of parameters
   */
  public void restoreParameters(CharacterNetwork network) {
    network.setParams(sized("parameters", checkpoint.parameters(), network.params()));
  }

  /**
   * Puts all that training goes on from into a network: parameters, updater state, carried state,
   * counts.
   */
  public void restoreTraining(CharacterNetwork network) {
    restoreParameters(network);
    INDArray state = network.updaterState();
    if (state != null) {
      network.setUpdaterState(sized("updater state", checkpoint.updaterState(), state));
    }
    checkCarried(network, checkpoint.carried());
    network.engine().carriedState(checkpoint.carried());
    network.getLayerWiseConfigurations().setIterationCount(checkpoint.progress().iteration());
    network.getLayerWiseConfigurations().setEpochCount(checkpoint.progress().epoch());
  }

  private INDArray sized(String what, INDArray saved, INDArray like) {
    if (saved == null || saved.length() != like.length()) {
      throw new RunException(
          "%s: its %s are %,d numbers, and the network that its configuration describes has %,d: the file does not"
                  .formatted(file, what, saved == null ? 0 : saved.length(), like.length())
              + " belong together, use another checkpoint");
    }
    return saved.castTo(like.dataType()).reshape(like.shape());
  }

  private void checkCarried(CharacterNetwork network, CarriedState carried) {
    var layers = network.model().layers();
    boolean matches = carried.layers().isEmpty() || carried.layers().size() == layers.size();
    for (int i = 0; matches && i < carried.layers().size(); i++) {
      LayerState state = carried.layers().get(i);
      matches =
          state.size() == layers.get(i).size() && state.lanes() == network.training().batchSize();
    }
    if (!matches) {
      throw new RunException(
          file
              + ": its carried state is not that of the network its configuration describes: use another"
              + " checkpoint");
    }
  }
}
