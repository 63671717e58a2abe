package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.GradientClipping;
import trainer.run.MetricsRow;
import trainer.service.live.Curves;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRuns;
import trainer.service.live.Recent;
import trainer.service.live.ResourceHistory;
import trainer.service.live.RunEvents;
import trainer.service.live.RunProgress;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/** All curves of a run for drawing, by column, with what is marked on them. */
final class CurveRoute {
  private static final int MOST_CURVES = 64;
  private static final int USUAL_POINTS = 1000;
  private static final int MOST_ITERATIONS = Integer.MAX_VALUE;

  private final Runs runs;
  private final RunFiles files;
  private final LiveRuns live;
  private final Recent<Wanted, byte[]> made =
      new Recent<>(LiveRuns.RECENT_MILLISECONDS, MOST_CURVES);

  /**
   * @param smoothing time constant in iterations
   * @param from first iteration
   * @param to last iteration
   */
  private record Wanted(Run run, int points, int smoothing, int from, int to) {}

  CurveRoute(Runs runs, RunFiles files, LiveRuns live) {
    this.runs = runs;
    this.files = files;
    this.live = live;
  }

  Route route() {
    return new Route(HandlerType.GET, Api.RUN + "/curves", Access.READ, this::curves)
        .with("points", "smoothing", "from", "to");
  }

  private void curves(Context context) {
    Wanted wanted =
        new Wanted(
            Api.run(context, runs),
            number(
                context,
                "points",
                Downsampling.LEAST_POINTS,
                RecordRoutes.MOST_POINTS,
                USUAL_POINTS),
            smoothing(context),
            number(context, "from", 0, MOST_ITERATIONS, 0),
            number(context, "to", 0, MOST_ITERATIONS, MOST_ITERATIONS));
    if (wanted.from() > wanted.to()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "from=%d: must be at most to=%d".formatted(wanted.from(), wanted.to()));
    }
    context.result(made.get(wanted, this::write)).contentType("application/json");
  }

  /** The time constant of smoothing in iterations; 0: none. */
  static int smoothing(Context context) {
    return number(context, "smoothing", 0, MOST_ITERATIONS, 0);
  }

  private static int number(Context context, String name, int least, int most, int otherwise) {
    Long value = Query.number(context, name, least, most);
    return value == null ? otherwise : value.intValue();
  }

  private byte[] write(Wanted wanted) {
    Run run = wanted.run();
    List<MetricsRow> rows = live.now(run).metrics();
    Curves curves = Curves.of(rows, wanted.points(), wanted.from(), wanted.to());
    List<MetricsRow> shown = curves.shown();
    ObjectNode node = ApiJson.object();
    node.put("rows_in_all", rows.size());
    node.setAll(RunJson.curve(shown));
    node.set(
        "train_loss_smoothed",
        RunJson.column(curves.smoothed(MetricsRow::trainLoss, wanted.smoothing()), each -> each));
    putExtremes(node, "train_loss", curves.extremes(MetricsRow::trainLoss));
    node.set("gradient_norm", RunJson.column(shown, MetricsRow::gradientNorm));
    putExtremes(node, "gradient_norm", curves.extremes(MetricsRow::gradientNorm));
    node.set("learning_rate", RunJson.column(shown, MetricsRow::learningRate));
    node.set("characters_per_second", RunJson.column(shown, MetricsRow::charactersPerSecond));
    RunProgress progress = live.progress(run).orElse(null);
    Long perEpoch = progress == null ? null : RunJson.known(progress.start().iterationsPerEpoch());
    node.put("iterations_per_epoch", perEpoch);
    node.put("clipping_norm", clippingNorm(run));
    try {
      int last = rows.isEmpty() ? 0 : rows.get(rows.size() - 1).iteration();
      ArrayNode events = node.putArray("events");
      for (RunEvents.Marked each : RunEvents.read(files.newest(run).events(), last)) {
        ObjectNode event = events.addObject();
        event.put("kind", each.kind());
        event.put("iteration", each.iteration());
        event.put("to_iteration", each.to());
      }
      List<ResourceHistory.Used> used = ResourceHistory.read(files.resourceHistories(run));
      ObjectNode resources = node.putObject("resources");
      resources.set("iteration", RunJson.column(used, each -> (double) each.iteration()));
      resources.set("seconds", RunJson.column(used, ResourceHistory.Used::seconds));
      resources.set("processors", RunJson.column(used, ResourceHistory.Used::processors));
      resources.set("memory_bytes", RunJson.column(used, ResourceHistory.Used::memoryBytes));
      resources.set("gpu_percent", RunJson.column(used, ResourceHistory.Used::gpuPercent));
      resources.set("gpu_memory_bytes", RunJson.column(used, ResourceHistory.Used::gpuMemoryBytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ApiJson.bytes(node);
  }

  private static void putExtremes(ObjectNode node, String name, Curves.Extremes extremes) {
    node.set(name + "_least", RunJson.column(extremes.least(), each -> each));
    node.set(name + "_greatest", RunJson.column(extremes.greatest(), each -> each));
  }

  /** The norm that gradients are clipped to, or null. */
  private Double clippingNorm(Run run) {
    try {
      String yaml = runs.configuration(run.id()).orElseThrow(() -> Api.noRun(run.id()));
      Configuration configuration = ConfigurationLoader.parse(yaml, run.id(), List.of());
      return configuration.training().gradientClipping() instanceof GradientClipping.Norm norm
          ? (Double) norm.norm()
          : null;
    } catch (ConfigurationException e) {
      return null; // of a version that knew other keys
    }
  }
}
