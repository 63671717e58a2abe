package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import trainer.run.MetricsRow;
import trainer.run.SampleReader.Sample;
import trainer.service.live.LiveRuns;
import trainer.service.live.RunProgress;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;

/** The JSON of runs and their records. */
final class RunJson {
  private RunJson() {}

  private record RunView(
      String id,
      String name,
      String state,
      long number,
      int priority,
      String submittedBy,
      Instant submittedAt,
      Instant startedAt,
      Instant finishedAt,
      int attempt,
      int failures,
      String worker,
      boolean cancelRequested,
      String reason,
      String initFrom,
      boolean failsAgain,
      String forkedFrom,
      List<String> tags,
      String note,
      boolean archived,
      ProgressView progress) {}

  private record ProgressView(
      int iteration,
      Long iterations,
      int epoch,
      Double trainLoss,
      Double validationLoss,
      Double bestValidationLoss,
      Integer bestIteration,
      Double charactersPerSecond,
      Double seconds,
      Double secondsLeft,
      Long parameters,
      JsonNode baselines,
      List<String> warnings) {}

  private record SampleView(int iteration, double temperature, String text) {}

  static ObjectNode run(Run run, LiveRuns live) {
    return ApiJson.tree(
        new RunView(
            run.id(),
            run.name(),
            run.state().word(),
            run.number(),
            run.priority(),
            run.submittedBy(),
            run.submittedAt(),
            run.startedAt(),
            run.finishedAt(),
            run.attempt(),
            run.failures(),
            run.worker(),
            run.cancelRequested(),
            run.reason(),
            run.initFrom(),
            run.failsAgain(),
            run.forkedFrom(),
            run.labels().tags(),
            run.labels().note(),
            run.labels().archived(),
            live.progress(run).map(progress -> progress(run, progress)).orElse(null)));
  }

  private static ProgressView progress(Run run, RunProgress progress) {
    MetricsRow last = progress.last();
    return new ProgressView(
        last.iteration(),
        known(progress.start().iterations()),
        last.epoch(),
        finite(last.trainLoss()),
        finite(progress.validationLoss()),
        finite(progress.bestValidationLoss()),
        progress.bestIteration() > 0 ? progress.bestIteration() : null,
        finite(progress.charactersPerSecond()),
        finite(last.seconds()),
        run.state() == RunState.RUNNING ? finite(progress.secondsLeft().orElse(null)) : null,
        known(progress.start().parameters()),
        progress.start().baselines().isObject() ? progress.start().baselines() : null,
        progress.start().warnings());
  }

  static Long known(long value) {
    return value > 0 ? value : null;
  }

  /** A run in a list, with a sketch of its validation loss. */
  static ObjectNode listed(Run run, LiveRuns live) {
    ObjectNode node = run(run, live);
    live.progress(run)
        .ifPresent(
            progress -> {
              ArrayNode losses = ((ObjectNode) node.path("progress")).putArray("validation_losses");
              progress.validationLosses().forEach(losses::add);
            });
    return node;
  }

  /** A run on its own, with its place in the queue. */
  static ObjectNode run(Run run, LiveRuns live, Runs runs) {
    ObjectNode node = run(run, live);
    int place = runs.queuePlace(run);
    node.put("queue_place", place > 0 ? place : null);
    return node;
  }

  /** JSON has no NaN or infinity: null instead. */
  private static Double finite(Double value) {
    return value == null || !Double.isFinite(value) ? null : value;
  }

  /** Serializes rows directly: building a tree of them costs more than the rest of an answer. */
  static JsonNode rows(List<MetricsRow> rows) {
    StringBuilder text = new StringBuilder("[");
    for (MetricsRow row : rows) {
      text.append(text.length() == 1 ? "{" : ",{")
          .append("\"iteration\":")
          .append(row.iteration())
          .append(",\"epoch\":")
          .append(row.epoch())
          .append(",\"characters\":")
          .append(row.characters());
      append(text, ",\"seconds\":", row.seconds());
      append(text, ",\"train_loss\":", row.trainLoss());
      append(text, ",\"validation_loss\":", row.validationLoss());
      append(text, ",\"learning_rate\":", row.learningRate());
      append(text, ",\"gradient_norm\":", row.gradientNorm());
      append(text, ",\"characters_per_second\":", row.charactersPerSecond());
      text.append('}');
    }
    return new POJONode(new RawValue(text.append(']').toString()));
  }

  /** The plotted figures by column: half the size of rows. */
  static ObjectNode curve(List<MetricsRow> rows) {
    ObjectNode node = ApiJson.object();
    node.set("iteration", column(rows, row -> (double) row.iteration()));
    node.set("seconds", column(rows, MetricsRow::seconds));
    node.set("train_loss", column(rows, MetricsRow::trainLoss));
    node.set("validation_loss", column(rows, MetricsRow::validationLoss));
    return node;
  }

  static <T> JsonNode column(List<T> rows, Function<T, Double> value) {
    StringBuilder text = new StringBuilder();
    for (T row : rows) {
      append(text, text.isEmpty() ? "[" : ",", value.apply(row));
    }
    return new POJONode(new RawValue(text.append(text.isEmpty() ? "[]" : "]").toString()));
  }

  private static void append(StringBuilder text, String before, Double value) {
    JsonNumbers.append(text.append(before), value);
  }

  static ArrayNode samples(List<Sample> samples) {
    return ApiJson.tree(
        samples.stream()
            .map(each -> new SampleView(each.iteration(), each.temperature(), each.text()))
            .toList());
  }
}
