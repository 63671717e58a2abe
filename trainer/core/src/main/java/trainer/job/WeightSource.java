package trainer.job;

import trainer.cli.Console;
import trainer.cli.Summary;
import trainer.cli.service.RegisteredModel;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.network.CharacterNetwork;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.checkpoint.SavedNetwork;
import trainer.text.TextException;
import trainer.text.Vocabulary;

/**
 * The run that a new one takes its first weights from.
 *
 * @param name as {@code --init-from} has it
 * @param source opens it
 */
record WeightSource(String name, Supplier<SavedNetwork> source) {

  /**
   * Puts its weights into a network.
   *
   * @param vocabulary of the network
   * @throws RunException where shapes or vocabularies differ
   */
  void giveWeights(CharacterNetwork network, Vocabulary vocabulary) {
    SavedNetwork other = source.get();
    Model model = other.configuration().model();
    if (!sameShapes(model, network.model())) {
      throw new RunException(
          "--init-from %s: its layers are %s, and model.layers is %s: make them the same"
              .formatted(name, Summary.layers(model), Summary.layers(network.model())));
    }
    if (!other.vocabulary().equals(vocabulary)) {
      throw new RunException(
          "--init-from %s: its vocabulary of %,d characters is not that of this corpus, which has %,d: %s"
              .formatted(name, other.vocabulary().size(), vocabulary.size(), remedy(other)));
    }
    other.restoreParameters(network);
    Console.line("weights of " + other.file());
  }

  private String remedy(SavedNetwork other) {
    return name.startsWith(RegisteredModel.PREFIX)
        ? "let a service keep it, with 'submit CONFIG --init-from %s'".formatted(name)
        : keeping(other.file(), other.vocabulary());
  }

  /** How to keep the vocabulary of a checkpoint, which its run directory has as a file. */
  static String keeping(Path checkpoint, Vocabulary vocabulary) {
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
