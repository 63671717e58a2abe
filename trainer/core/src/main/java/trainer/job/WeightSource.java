package trainer.job;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.text.Vocabulary;

/**
 * The trained run that a new one takes its first weights from.
 *
 * @param name for messages
 * @param source opens it; asked only when a run begins
 * @param remedy how to keep its vocabulary, for the message that the vocabularies differ; null:
 *     from its files
 */
public record WeightSource(String name, Supplier<SavedNetwork> source, String remedy) {

  /** A run directory or one of its checkpoints. */
  public static WeightSource of(Path run) {
    return new WeightSource("weights of " + run, () -> SavedNetwork.open(run), null);
  }

  /**
   * Copies its weights to a network.
   *
   * @param vocabulary of the network
   * @throws RunException where shapes or vocabularies differ
   */
  void copyTo(CharacterNetwork network, Vocabulary vocabulary, JobReporter reporter) {
    SavedNetwork other = source.get();
    Model model = other.configuration().model();
    if (!sameShapes(model, network.model())) {
      throw new RunException(
          "%s: its layers are %s, and model.layers is %s: make them the same"
              .formatted(name, model.describe(), network.model().describe()));
    }
    if (!other.vocabulary().equals(vocabulary)) {
      throw new RunException(
          "%s: its vocabulary of %,d characters is not that of this corpus, which has %,d: %s"
              .formatted(name, other.vocabulary().size(), vocabulary.size(), remedy(other)));
    }
    other.restoreParameters(network);
    reporter.message("weights of " + other.file());
  }

  private String remedy(SavedNetwork other) {
    return remedy == null ? keeping(other.file(), other.vocabulary()) : remedy;
  }

  /** How to keep the vocabulary of a checkpoint, which its run directory has as a file. */
  public static String keeping(Path checkpoint, Vocabulary vocabulary) {
    return Stream.of("", "..") // beside best.zip, above checkpoints/20.zip
        .map(folder -> new RunDirectory(checkpoint.resolveSibling(folder)).vocabulary().normalize())
        .filter(file -> holds(file, vocabulary))
        .findFirst()
        .map(file -> "keep it with --set data.vocabulary=" + file)
        .orElseGet(
            () ->
                "keep it with unzip -p %s vocabulary.json > vocabulary.json and --set data.vocabulary=vocabulary.json"
                    .formatted(checkpoint));
  }

  private static boolean holds(Path file, Vocabulary vocabulary) {
    try {
      return Files.isRegularFile(file) && Vocabulary.read(file).equals(vocabulary);
    } catch (TextException e) {
      return false;
    }
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
