package trainer.cli;

import java.nio.file.Path;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.network.CharacterNetwork;
import trainer.run.RunException;
import trainer.run.SavedNetwork;
import trainer.text.Vocabulary;

/**
 * The run that a new one takes its first weights from.
 *
 * @param path as {@code --init-from} names it
 */
record OtherRun(Path path) {

  /**
   * Puts its weights into a network.
   *
   * @param vocabulary of the network
   * @throws RunException where shapes or vocabularies differ
   */
  void giveWeights(CharacterNetwork network, Vocabulary vocabulary) {
    SavedNetwork other = SavedNetwork.open(path);
    Model model = other.configuration().model();
    if (!sameShapes(model, network.model())) {
      throw new RunException(
          "--init-from %s: its layers are %s, and model.layers is %s: make them the same"
              .formatted(path, Summary.layers(model), Summary.layers(network.model())));
    }
    if (!other.vocabulary().equals(vocabulary)) {
      throw new RunException(
          "--init-from %s: its vocabulary of %,d characters is not that of this corpus, which has %,d: keep it with --set data.vocabulary=%s"
              .formatted(path, other.vocabulary().size(), vocabulary.size(), path));
    }
    other.restoreParameters(network);
    Console.line("weights of " + other.file());
  }

  /** Dropout may differ: it has no weights. */
  private static boolean sameShapes(Model one, Model other) {
    int layers = one.layers().size();
    boolean same = layers == other.layers().size();
    for (int i = 0; same && i < layers; i++) {
      Layer left = one.layers().get(i);
      Layer right = other.layers().get(i);
      same = left.type() == right.type() && left.size() == right.size();
    }
    return same;
  }
}
