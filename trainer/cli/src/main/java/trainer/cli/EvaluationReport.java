package trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import trainer.cli.console.Console;
import trainer.file.ShellWord;
import trainer.job.EvaluationResult;
import trainer.text.Vocabulary;

/** The output of {@code evaluate}. */
record EvaluationReport(EvaluationResult found) {

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        Console.format(
            "%s, iteration %,d", ShellWord.shown(found.checkpoint()), found.iteration()));
    lines.add(
        Console.format(
            "%s: %,d characters predicted",
            ShellWord.onOneLine(found.text()), found.score().characters()));
    if (found.score().unknown() > 0) {
      lines.add(Console.format("  %s: %.2f nats each", found.unknown(), Vocabulary.UNKNOWN_NATS));
    }
    lines.add("  network    " + measures(found.score().loss()));
    lines.add(Console.format("  accuracy   %.2f %%", 100 * found.accuracy()));
    found
        .baselines()
        .ifPresent(
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

  /** One JSON object. */
  String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("checkpoint", found.checkpoint().toString());
    node.put("iteration", found.iteration());
    node.put("text", found.text());
    node.put("sha256", found.sha256());
    node.put("characters", found.score().characters());
    node.put("unknown_characters", found.score().unknown());
    node.put("nats_per_character", found.score().loss());
    node.put("bits_per_character", Console.bits(found.score().loss()));
    node.put("perplexity_per_character", Math.exp(found.score().loss()));
    node.put("accuracy", found.accuracy());
    found
        .baselines()
        .ifPresent(
            nats -> {
              node.put("unigram_nats_per_character", nats.unigram());
              node.put("bigram_nats_per_character", nats.bigram());
              node.put("trigram_nats_per_character", nats.trigram());
            });
    return node.toString();
  }
}
