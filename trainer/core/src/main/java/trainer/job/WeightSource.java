package trainer.job;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.file.Shell;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.text.Vocabulary;

/**
 * A trained run whose weights a new run starts with.
 *
 * @param name for messages
 * @param source opens it; called only if a new run starts
 * @param remedy advice for keeping its vocabulary, used if the vocabularies differ; null: derived
 *     from its files
 */
public record WeightSource(String name, Supplier<SavedNetwork> source, String remedy) {

  /** A run directory or one of its checkpoints. */
  public static WeightSource of(Path run) {
    return new WeightSource("weights of " + run, () -> SavedNetwork.open(run), null);
  }

  /**
   * Copies the weights to a network.
   *
   * @param vocabulary of the network
   * @throws RunException if shapes or vocabularies differ
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
          "%s: its vocabulary of %,d characters differs from this corpus's, which has %,d: %s"
              .formatted(name, other.vocabulary().size(), vocabulary.size(), remedy(other)));
    }
    other.restoreParameters(network);
    reporter.message("weights of " + other.file());
  }

  private String remedy(SavedNetwork other) {
    return remedy == null ? keeping(other.file(), other.vocabulary()) : remedy;
  }

  /**
   * Advice for keeping the vocabulary of a checkpoint: the file in its run directory if present.
   */
  public static String keeping(Path checkpoint, Vocabulary vocabulary) {
    return Stream.of("", "..") // folder of best.zip; parent of checkpoints/20.zip
        .map(folder -> new RunDirectory(checkpoint.resolveSibling(folder)).vocabulary().normalize())
        .filter(file -> holds(file, vocabulary))
        .findFirst()
        .map(file -> "keep it with --set " + Shell.quote("data.vocabulary=" + file))
        .orElseGet(
            () ->
                "keep it with unzip -p %s vocabulary.json > vocabulary.json and --set data.vocabulary=vocabulary.json"
                    .formatted(Shell.quote(checkpoint)));
  }

  private static boolean holds(Path file, Vocabulary vocabulary) {
    try {
      return Files.isRegularFile(file) && Vocabulary.read(file).equals(vocabulary);
    } catch (TextException e) {
      return false;
    }
  }

  /** Ignores dropout, which has no weights. */
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
