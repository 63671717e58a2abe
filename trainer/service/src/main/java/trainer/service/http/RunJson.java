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
import trainer.service.runs.Attempt;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;

/** How runs and their records look in JSON. */
final class RunJson {
  private RunJson() {}

  static ObjectNode run(Run run, LiveRuns live) {
    ObjectNode node = ApiJson.object();
    node.put("id", run.id());
    node.put("name", run.name());
    node.put("state", run.state().word());
    node.put("number", run.number());
    node.put("priority", run.priority());
    node.put("submitted_by", run.submittedBy());
    put(node, "submitted_at", run.submittedAt());
    put(node, "started_at", run.startedAt());
    put(node, "finished_at", run.finishedAt());
    node.put("attempt", run.attempt());
    node.put("failures", run.failures());
    node.put("worker", run.worker());
    node.put("cancel_requested", run.cancelRequested());
    node.put("reason", run.reason());
    node.put("init_from", run.initFrom());
    live.progress(run)
        .ifPresentOrElse(
            progress -> node.set("progress", progress(run, progress)),
            () -> node.putNull("progress"));
    return node;
  }

  private static ObjectNode progress(Run run, RunProgress progress) {
    ObjectNode node = ApiJson.object();
    MetricsRow last = progress.last();
    node.put("iteration", last.iteration());
    if (progress.iterations() > 0) {
      node.put("iterations", progress.iterations());
    } else {
      node.putNull("iterations");
    }
    node.put("epoch", last.epoch());
    put(node, "train_loss", last.trainLoss());
    put(node, "validation_loss", progress.validationLoss());
    put(node, "characters_per_second", last.charactersPerSecond());
    put(node, "seconds", last.seconds());
    put(
        node,
        "seconds_left",
        run.state() == RunState.RUNNING ? progress.secondsLeft().orElse(null) : null);
    return node;
  }

  static ArrayNode attempts(List<Attempt> attempts) {
    ArrayNode list = ApiJson.object().arrayNode();
    for (Attempt attempt : attempts) {
      ObjectNode node = list.addObject();
      node.put("attempt", attempt.attempt());
      node.put("worker", attempt.worker());
      put(node, "started_at", attempt.startedAt());
      put(node, "ended_at", attempt.endedAt());
      node.put("outcome", attempt.outcome());
      node.put("reason", attempt.reason());
    }
    return list;
  }

  /**
   * Rows, written down at once: a tree of so many nodes would cost more than the rest of an answer.
   */
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

  /** What is drawn of a run, by columns: half as much as rows. */
  static ObjectNode curve(List<MetricsRow> rows) {
    ObjectNode node = ApiJson.object();
    node.set("iteration", column(rows, row -> (double) row.iteration()));
    node.set("seconds", column(rows, MetricsRow::seconds));
    node.set("train_loss", column(rows, MetricsRow::trainLoss));
    node.set("validation_loss", column(rows, MetricsRow::validationLoss));
    return node;
  }

  private static JsonNode column(List<MetricsRow> rows, Function<MetricsRow, Double> value) {
    StringBuilder text = new StringBuilder();
    for (MetricsRow row : rows) {
      append(text, text.isEmpty() ? "[" : ",", value.apply(row));
    }
    return new POJONode(new RawValue(text.append(text.isEmpty() ? "[]" : "]").toString()));
  }

  private static void append(StringBuilder text, String before, Double value) {
    JsonNumbers.append(text.append(before), value);
  }

  static ArrayNode samples(List<Sample> samples) {
    ArrayNode list = ApiJson.object().arrayNode();
    for (Sample sample : samples) {
      ObjectNode node = list.addObject();
      node.put("iteration", sample.iteration());
      node.put("temperature", sample.temperature());
      node.put("text", sample.text());
    }
    return list;
  }

  static ArrayNode lines(List<String> lines) {
    ArrayNode list = ApiJson.object().arrayNode();
    lines.forEach(list::add);
    return list;
  }

  private static void put(ObjectNode node, String key, Instant time) {
    node.put(key, time == null ? null : time.toString());
  }

  /** What was not measured, and what is not a number, is null: JSON has nothing else for it. */
  private static void put(ObjectNode node, String key, Double value) {
    if (value == null || !Double.isFinite(value)) {
      node.putNull(key);
    } else {
      node.put(key, value);
    }
  }
}
