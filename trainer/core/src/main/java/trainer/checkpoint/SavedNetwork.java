package trainer.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.run.Provenance;
import trainer.run.RunException;
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

  /**
   * What made the run.
   *
   * @throws RunException if the checkpoint does not say it
   */
  public Provenance provenance() {
    return Provenance.parse(checkpoint.provenance(), file + "!provenance.json");
  }

  /** The network with the saved parameters, for reading. */
  public CharacterNetwork network(DataType type, Function<CharacterNetwork, Engine> engine) {
    CharacterNetwork network = new CharacterNetwork(configuration, vocabulary.size(), type, engine);
    restoreParameters(network);
    return network;
  }

  /** Puts the saved parameters into a network of the same layers and number of characters. */
  public void restoreParameters(CharacterNetwork network) {
    network.setParams(shaped(checkpoint.parameters(), network.params()));
  }

  /**
   * Puts all that training goes on from into a network of the same configuration and vocabulary:
   * parameters, updater state, carried state, counts.
   */
  public void restoreTraining(CharacterNetwork network) {
    restoreParameters(network);
    INDArray state = network.updaterState();
    if (state != null) {
      network.setUpdaterState(shaped(checkpoint.updaterState(), state));
    }
    network.engine().carriedState(checkpoint.carried());
    network.getLayerWiseConfigurations().setIterationCount(checkpoint.progress().iteration());
    network.getLayerWiseConfigurations().setEpochCount(checkpoint.progress().epoch());
  }

  private static INDArray shaped(INDArray saved, INDArray like) {
    return saved.castTo(like.dataType()).reshape(like.shape());
  }
}
