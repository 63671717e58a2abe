package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import trainer.run.MetricsRow;
import trainer.service.live.Curves;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRuns;
import trainer.service.live.RunCatalogue;
import trainer.service.runs.Run;
import trainer.service.runs.Runs;

/** Compares runs: figures, loss curves and all configuration keys. */
final class CompareRoute {
  private static final int MOST_RUNS = 20;

  private final Runs runs;
  private final LiveRuns live;

  CompareRoute(Runs runs, LiveRuns live) {
    this.runs = runs;
    this.live = live;
  }

  Route route() {
    return new Route(HandlerType.GET, Api.ROOT + "/compare", Access.READ, this::compare)
        .with("run", "points", "smoothing");
  }

  private void compare(Context context) {
    List<String> ids = context.queryParams("run");
    if (ids.isEmpty() || ids.size() > MOST_RUNS) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "name 1 to %d runs: ?run=ID&run=ID".formatted(MOST_RUNS));
    }
    Long points =
        Query.number(context, "points", Downsampling.LEAST_POINTS, RecordRoutes.MOST_POINTS);
    int smoothing = CurveRoute.smoothing(context);
    ObjectNode node = ApiJson.object();
    ArrayNode shown = node.putArray("runs");
    List<Map<String, String>> configurations = new ArrayList<>();
    Set<String> keys = new LinkedHashSet<>();
    ArrayNode curves = ApiJson.object().arrayNode();
    for (String id : ids) {
      Run run = Api.run(id, runs);
      shown.add(RunJson.run(run, live));
      if (points != null) {
        Curves curve = Curves.withPeaks(live.now(run).metrics(), points.intValue());
        ObjectNode columns = RunJson.curve(curve.shown());
        columns.set(
            "train_loss_smoothed",
            RunJson.column(curve.smoothed(MetricsRow::trainLoss, smoothing), each -> each));
        curves.add(columns);
      }
      Map<String, String> configuration =
          RunCatalogue.flat(runs.configuration(run.id()).orElseThrow(() -> Api.noRun(run.id())));
      configurations.add(configuration);
      keys.addAll(configuration.keySet());
    }
    if (points != null) {
      node.set("curves", curves);
    }
    ArrayNode table = node.putArray("configuration");
    for (String key : keys) {
      ObjectNode row = table.addObject();
      row.put("key", key);
      ArrayNode values = row.putArray("values");
      configurations.forEach(each -> values.add(each.get(key)));
    }
    ApiJson.answer(context, HttpStatus.OK, node);
  }
}
