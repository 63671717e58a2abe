package trainer.cli;

import static trainer.cli.console.Console.format;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import trainer.cli.console.Console;
import trainer.job.TrainingForecast;
import trainer.job.TrainingSpeed;
import trainer.text.NgramBaselines;

/** A forecast as text or JSON. */
record PlanReport(TrainingForecast forecast) {

  String text() {
    NgramBaselines.Nats baselines = forecast.baselines();
    TrainingSpeed speed = forecast.speed();
    List<String> lines = new ArrayList<>();
    lines.add(
        format(
            "corpus      %s: %,d characters, %d distinct, %,d not in the vocabulary",
            forecast.corpus(), forecast.characters(), forecast.vocabulary(), forecast.unknown()));
    lines.add(
        format(
            "splits      training %,d (%,d never read) · validation %,d · test %,d characters",
            forecast.trainingCharacters(),
            forecast.unread(),
            forecast.validationCharacters(),
            forecast.testCharacters()));
    lines.add(
        format(
            "baseline    unigram %.2f · bigram %.2f · trigram %.2f nats/char on validation; uniform %.2f",
            baselines.unigram(), baselines.bigram(), baselines.trigram(), uniform()));
    lines.add(
        format(
            "network     %,d parameters (layers from 0, as in model.layers): %s",
            parameters(),
            forecast.parameters().entrySet().stream()
                .map(layer -> format("%s: %,d", layer.getKey(), layer.getValue()))
                .collect(Collectors.joining(" · "))));
    lines.add(format("engine      %s: %s", forecast.engine(), forecast.engineReason()));
    lines.add(
        format(
            "memory      about %,.0f MB for weights, optimizer and activations, plus the JVM",
            Math.ceil(forecast.memoryBytes() / 1e6)));
    lines.add(
        format(
            "training    %,d iterations per epoch, %,d in all",
            forecast.iterationsPerEpoch(), forecast.iterations()));
    lines.add(
        format(
            "speed       %.2f ms per iteration, %.2f s per evaluation, %.2f s for samples, %.2f s per checkpoint",
            1e3 * speed.iteration(), speed.evaluation(), speed.samples(), speed.checkpoint()));
    lines.add(format("time        about %s", Console.duration(forecast.seconds())));
    forecast.warnings().forEach(warning -> lines.add("warning: " + warning));
    return String.join(System.lineSeparator(), lines);
  }

  private long parameters() {
    return forecast.parameters().values().stream().mapToLong(Long::longValue).sum();
  }

  private double uniform() {
    return Math.log(forecast.vocabulary());
  }

  /** One JSON object, with units in the keys. */
  String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("corpus", forecast.corpus());
    node.put("characters", forecast.characters());
    node.put("vocabulary_characters", forecast.vocabulary());
    node.put("unknown_characters", forecast.unknown());
    node.put("training_characters", forecast.trainingCharacters());
    node.put("unread_characters", forecast.unread());
    node.put("validation_characters", forecast.validationCharacters());
    node.put("test_characters", forecast.testCharacters());
    ObjectNode baselines = node.putObject("baselines_nats_per_character");
    baselines.put("uniform", uniform());
    baselines.put("unigram", forecast.baselines().unigram());
    baselines.put("bigram", forecast.baselines().bigram());
    baselines.put("trigram", forecast.baselines().trigram());
    node.put("parameters", parameters());
    ObjectNode layers = node.putObject("parameters_by_layer");
    forecast.parameters().forEach(layers::put);
    node.put("engine", forecast.engine());
    node.put("memory_bytes", forecast.memoryBytes());
    node.put("iterations_per_epoch", forecast.iterationsPerEpoch());
    node.put("iterations", forecast.iterations());
    node.put("seconds_per_iteration", forecast.speed().iteration());
    node.put("seconds_per_evaluation", forecast.speed().evaluation());
    node.put("seconds_for_samples", forecast.speed().samples());
    node.put("seconds_per_checkpoint", forecast.speed().checkpoint());
    node.put("seconds", forecast.seconds());
    ArrayNode warnings = node.putArray("warnings");
    forecast.warnings().forEach(warnings::add);
    return node.toString();
  }
}
