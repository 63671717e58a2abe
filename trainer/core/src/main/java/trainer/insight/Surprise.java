package trainer.insight;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trainer.engine.Engine.Score;
import trainer.engine.Inference;
import trainer.text.Corpus;
import trainer.text.EvaluationLanes;
import trainer.text.Split;
import trainer.training.Evaluator;
import trainer.training.StopSignal;

/**
 * How unexpected each character of a text was for a network that had read the text before it.
 *
 * @param nats minus the natural logarithm of the probability of each character; the first, which is
 *     not predicted, has NaN; one outside the vocabulary {@link
 *     trainer.text.Vocabulary#UNKNOWN_NATS}
 * @param alternatives the most probable characters at each place, most probable first; the first
 *     place has none
 * @param score of the text, as of {@code evaluate}: the nats add up to it
 */
public record Surprise(double[] nats, List<List<Alternative>> alternatives, Score score) {
  private static final int ALTERNATIVES = 5;

  /**
   * A character that might have come.
   *
   * @param character index in the vocabulary
   * @param probability that the network gave it
   */
  public record Alternative(int character, float probability) {}

  /**
   * Measures a text as {@code evaluate} does.
   *
   * @return empty if stopped
   */
  static Optional<Surprise> of(Inference network, Corpus corpus, StopSignal stop) {
    int characters = Math.toIntExact(corpus.length());
    double[] nats = new double[characters];
    nats[0] = Double.NaN;
    List<List<Alternative>> alternatives = new ArrayList<>();
    for (int i = 0; i < characters; i++) {
      alternatives.add(List.of());
    }
    int vocabulary = corpus.vocabulary().size();
    EvaluationLanes lanes =
        new EvaluationLanes(corpus.text(), Split.whole(corpus.files(), corpus.text()));
    return new Evaluator(network, lanes)
        .evaluate(
            stop,
            (position, found, probabilities, at) -> {
              nats[(int) position] = found;
              alternatives.set((int) position, likeliest(probabilities, at, vocabulary));
            })
        .map(score -> new Surprise(nats, alternatives, score));
  }

  private static List<Alternative> likeliest(float[] probabilities, int at, int vocabulary) {
    List<Alternative> found = new ArrayList<>();
    for (int v = 0; v < vocabulary; v++) {
      float probability = probabilities[at + v];
      int rank = found.size();
      while (rank > 0 && found.get(rank - 1).probability() < probability) {
        rank--;
      }
      if (rank < ALTERNATIVES) {
        found.add(rank, new Alternative(v, probability));
        if (found.size() > ALTERNATIVES) {
          found.remove(ALTERNATIVES);
        }
      }
    }
    return found;
  }
}
