package trainer.job;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.file.ShellWord;
import trainer.network.CharacterNetwork;
import trainer.run.RunException;
import trainer.text.Vocabulary;

/**
 * A trained run whose weights a new run starts with.
 *
 * @param name for messages
 * @param source opens it; called only if a new run starts
 * @param keepOptimizer whether the new run also starts with its optimizer's moments and their
 *     number of updates, instead of zero
 * @param extendVocabulary whether characters of the text that it does not know are added to its
 *     vocabulary, instead of refused. Their probabilities start below 0.001 together; those of the
 *     other characters keep their ratios
 */
public record WeightSource(
    String name, Supplier<SavedNetwork> source, boolean keepOptimizer, boolean extendVocabulary) {

  /** A run directory or one of its checkpoints. */
  public static WeightSource of(Path run) {
    return new WeightSource(
        "weights of " + ShellWord.shown(run), () -> SavedNetwork.open(run), false, false);
  }

  /** The same, with its optimizer's moments. */
  public WeightSource keepingOptimizer() {
    return new WeightSource(name, source, true, extendVocabulary);
  }

  /** The same, with a vocabulary that new characters are added to. */
  public WeightSource extendingVocabulary() {
    return new WeightSource(name, source, keepOptimizer, true);
  }

  /**
   * Copies the weights to a network, and the optimizer's moments if they are kept.
   *
   * @param vocabulary of the network
   * @return updates of the moments that were copied
   * @throws RunException if shapes, vocabularies or optimizers differ
   */
  int copyTo(
      CharacterNetwork network, Vocabulary vocabulary, SavedNetwork other, JobReporter reporter) {
    Model model = other.configuration().model();
    if (!sameShapes(model, network.model())) {
      throw new RunException(
          "%s: its layers are %s, and model.layers is %s: make them the same"
              .formatted(name, model.describe(), network.model().describe()));
    }
    boolean fits =
        extendVocabulary
            ? other.vocabulary().begins(vocabulary)
            : other.vocabulary().equals(vocabulary);
    if (!fits) {
      throw new RunException(
          String.format(
              Locale.ROOT,
              "%s: its vocabulary of %,d characters differs from this corpus's, which has %,d: add"
                  + " --extend-vocabulary to keep its characters and add those that are new",
              name,
              other.vocabulary().size(),
              vocabulary.size()));
    }
    SavedNetwork fitting = other.extended(vocabulary, network.params());
    fitting.restoreParameters(network);
    reporter.message("weights of " + ShellWord.shown(other.file()));
    int added = vocabulary.size() - other.vocabulary().size();
    if (added > 0) {
      reporter.message(
          String.format(Locale.ROOT, "characters added to the vocabulary: %,d", added));
    }
    return keepOptimizer ? copyMoments(network, fitting) : 0;
  }

  private int copyMoments(CharacterNetwork network, SavedNetwork other) {
    Optimizer its = other.configuration().training().optimizer();
    Optimizer here = network.training().optimizer();
    if (!here.sharesMoments(its)) {
      throw new RunException(
          "%s: its optimizer is %s, and training.optimizer is %s, which %s: leave out --keep-optimizer"
              .formatted(
                  name,
                  type(its),
                  type(here),
                  here.moments() == 0 ? "has no moments" : "keeps other moments"));
    }
    other.restoreOptimizer(network);
    return other.checkpoint().progress().updates();
  }

  private static String type(Optimizer optimizer) {
    return optimizer.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Ignores dropout, which has no weights. */
  static boolean sameShapes(Model one, Model other) {
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
