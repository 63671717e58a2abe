package trainer.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.CharacterNetwork;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.text.Vocabulary;
import trainer.training.EngineSelection;

/**
 * The network of a checkpoint, rebuilt from its configuration. Deeplearning4j's JSON, which names
 * classes, is never parsed by Deeplearning4j.
 */
public record SavedNetwork(
    Path file, Checkpoint checkpoint, Configuration configuration, Vocabulary vocabulary) {

  /**
   * Opens a run directory or one of its checkpoints.
   *
   * @throws RunException if it is missing or damaged
   */
  public static SavedNetwork open(Path run) {
    Path file = RunArgument.resolve(run);
    return of(file, Checkpoint.read(file));
  }

  public static SavedNetwork of(Path file, Checkpoint checkpoint) {
    Configuration written =
        ConfigurationLoader.parse(checkpoint.configuration(), file + "!config.yml", List.of());
    return new SavedNetwork(
        file,
        checkpoint,
        written.recorded(),
        Vocabulary.fromJson(checkpoint.vocabulary(), file + "!vocabulary.json"));
  }

  /** The run directory that the checkpoint is in. */
  public RunDirectory directory() {
    Path folder = file.toAbsolutePath().getParent();
    return new RunDirectory(
        folder.endsWith(RunDirectory.CHECKPOINTS) ? folder.getParent() : folder);
  }

  /**
   * The provenance of the run.
   *
   * @throws RunException if the checkpoint has none
   */
  public Provenance provenance() {
    return Provenance.parse(checkpoint.provenance(), file + "!provenance.json");
  }

  /** Opens the network for forward passes, where the engine can without Deeplearning4j. */
  public Inference inference() {
    EngineSelection engine = EngineSelection.forReading(configuration.compute());
    return engine
        .inference(configuration, vocabulary.size(), checkpoint.parameters().floats())
        .orElseGet(() -> network(engine.type(), engine::engine));
  }

  /** Builds the network with the saved parameters, for inference. */
  public CharacterNetwork network(DataType type, Function<CharacterNetwork, Engine> engine) {
    Nd4jBackend.start(configuration.compute().threads());
    CharacterNetwork network = new CharacterNetwork(configuration, vocabulary.size(), type, engine);
    restoreParameters(network);
    return network;
  }

  /** Loads the saved parameters into a network of the same shape. */
  public void restoreParameters(CharacterNetwork network) {
    network.setParams(checkpoint.parameters().like(network.params()));
  }

  /**
   * Restores a network of the same configuration and vocabulary for training: parameters, updater
   * state, carried state, counts.
   */
  public void restoreTraining(CharacterNetwork network) {
    restoreParameters(network);
    restoreOptimizer(network);
    network.engine().carriedState(checkpoint.carried());
    network.getLayerWiseConfigurations().setEpochCount(checkpoint.progress().epoch());
  }

  /** Loads the optimizer's moments, and the number of updates that Adam's bias correction needs. */
  public void restoreOptimizer(CharacterNetwork network) {
    INDArray state = network.updaterState();
    if (state != null) {
      network.setUpdaterState(checkpoint.updaterState().like(state));
    }
    network.getLayerWiseConfigurations().setIterationCount(checkpoint.progress().updates());
  }

  /**
   * This network for a vocabulary that begins with its own: see {@link ExtendedVocabulary}.
   *
   * @param initial the initial parameters of a network of the larger vocabulary
   */
  public SavedNetwork extended(Vocabulary larger, INDArray initial) {
    if (larger.size() == vocabulary.size()) {
      return this;
    }
    ExtendedVocabulary extension =
        new ExtendedVocabulary(
            configuration.model(),
            configuration.training().optimizer(),
            vocabulary.size(),
            larger.size());
    Numbers moments = checkpoint.updaterState();
    Checkpoint extended =
        checkpoint.with(
            larger.toJson(),
            extension.parameters(checkpoint.parameters(), Numbers.of(initial)),
            moments == null ? null : extension.moments(moments));
    return new SavedNetwork(file, extended, configuration, larger);
  }
}
