package trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trainer.engine.Engine.Score;
import trainer.text.NgramBaselines;

/**
 * What {@code evaluate} found.
 *
 * @param checkpoint that was measured
 * @param iteration it was written at
 * @param measured name of the text it was measured on
 * @param baselines of counting the training split, on the same text
 */
record EvaluationReport(
    Path checkpoint,
    int iteration,
    String measured,
    Score score,
    Optional<NgramBaselines.Nats> baselines) {

  private double accuracy() {
    return (double) score.correct() / score.characters();
  }

  /** For people. */
  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(Console.format("%s, iteration %,d", checkpoint, iteration));
    lines.add(Console.format("%s: %,d characters predicted", measured, score.characters()));
    lines.add("  network    " + measures(score.loss()));
    lines.add(Console.format("  accuracy   %.2f %%", 100 * accuracy()));
    baselines.ifPresent(
        nats -> {
          lines.add("  trigrams   " + measures(nats.trigram()));
          lines.add("  bigrams    " + measures(nats.bigram()));
          lines.add("  unigrams   " + measures(nats.unigram()));
        });
    return String.join(System.lineSeparator(), lines);
  }

  private static String measures(double nats) {
    return Console.format(
        "%.4f nats, %.4f bits per character, perplexity %.3f",
        nats, Console.bits(nats), Math.exp(nats));
  }

  /** For programs: one object. */
  String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("checkpoint", checkpoint.toString());
    node.put("iteration", iteration);
    node.put("text", measured);
    node.put("characters", score.characters());
    node.put("nats_per_character", score.loss());
    node.put("bits_per_character", Console.bits(score.loss()));
    node.put("perplexity_per_character", Math.exp(score.loss()));
    node.put("accuracy", accuracy());
    baselines.ifPresent(
        nats -> {
          node.put("unigram_nats_per_character", nats.unigram());
          node.put("bigram_nats_per_character", nats.bigram());
          node.put("trigram_nats_per_character", nats.trigram());
        });
    return node.toString();
  }
}
