package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRuns;
import trainer.service.live.Recent;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/** The records of a run: metrics, samples, log, loss curve, provenance, resources, model. */
final class RecordRoutes {
  /** Maximum of {@code ?points=}. */
  static final int MOST_POINTS = 4000;

  private static final int MOST_CURVES = 16; // of up to 1 MB each
  private static final int WHOLE_CURVES = 4; // of any size

  private final Runs runs;
  private final RunFiles files;
  private final LiveRuns live;
  private final Quota whole =
      new Quota(
          WHOLE_CURVES,
          5,
          "%d curves with all rows are being written, the limit: retry later, or ask for ?points="
              .formatted(WHOLE_CURVES));
  private final Recent<Curve, byte[]> curves =
      new Recent<>(LiveRuns.RECENT_MILLISECONDS, MOST_CURVES);

  /**
   * @param points null: all rows
   */
  private record Curve(Run run, Long points, boolean csv) {}

  RecordRoutes(Runs runs, RunFiles files, LiveRuns live) {
    this.runs = runs;
    this.files = files;
    this.live = live;
  }

  List<Route> routes() {
    String one = Api.RUN;
    return List.of(
        new Route(HandlerType.GET, one + "/metrics", Access.READ, this::metrics).with("points"),
        new Route(HandlerType.GET, one + "/samples", Access.READ, this::samples),
        new Route(HandlerType.GET, one + "/log", Access.READ, this::log),
        new Route(HandlerType.GET, one + "/loss.svg", Access.READ, this::curve),
        new Route(HandlerType.GET, one + "/loss.png", Access.READ, this::picture),
        new Route(HandlerType.GET, one + "/provenance", Access.READ, this::provenance),
        new Route(HandlerType.GET, one + "/resources", Access.READ, this::resources),
        new Route(HandlerType.GET, one + "/model.zip", Access.READ, this::model));
  }

  @SuppressWarnings("try") // held until the curve is written
  private void metrics(Context context) {
    Long points = Query.number(context, "points", Downsampling.LEAST_POINTS, MOST_POINTS);
    boolean csv = String.valueOf(context.header("Accept")).contains("text/csv");
    Curve curve = new Curve(Api.run(context, runs), points, csv);
    if (points == null) { // may be huge, and is not cached
      try (Quota.Held held = whole.take(context)) {
        context.result(write(curve));
      }
    } else {
      context.result(curves.get(curve, this::write));
    }
    context.contentType(csv ? "text/csv; charset=utf-8" : "application/json");
  }

  private byte[] write(Curve curve) {
    List<MetricsRow> rows = live.now(curve.run()).metrics();
    List<MetricsRow> shown =
        curve.points() == null ? rows : Downsampling.of(rows, curve.points().intValue());
    if (curve.csv()) {
      return shown.stream()
          .map(MetricsRow::line)
          .collect(Collectors.joining("\n", MetricsRow.HEADER + "\n", "\n"))
          .getBytes(StandardCharsets.UTF_8);
    }
    ObjectNode node = ApiJson.object();
    node.put("rows_in_all", rows.size());
    node.set("rows", RunJson.rows(shown));
    return ApiJson.bytes(node);
  }

  private void samples(Context context) {
    ArrayNode samples = RunJson.samples(live.now(Api.run(context, runs)).samples());
    ApiJson.answer(context, HttpStatus.OK, Map.of("samples", samples));
  }

  private void log(Context context) {
    String text =
        live.now(Api.run(context, runs)).log().stream()
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    context.result(text).contentType("text/plain; charset=utf-8");
  }

  private void curve(Context context) throws IOException {
    Run run = Api.run(context, runs);
    // Opened as a document, an SVG must not run scripts.
    context.header(
        "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    send(
        context,
        files.newest(run).lossSvg(),
        "image/svg+xml",
        "not there yet: the curve is drawn at the first evaluation");
  }

  private void picture(Context context) throws IOException {
    send(
        context,
        files.newest(Api.run(context, runs)).lossPng(),
        "image/png",
        "the curve is drawn at the first evaluation");
  }

  private void provenance(Context context) throws IOException {
    sendIfThere(context, files.newest(Api.run(context, runs)).provenance());
  }

  private void resources(Context context) throws IOException {
    sendIfThere(context, files.resources(Api.run(context, runs)));
  }

  /** Sends a small file that appears some time after the start; 204 until then. */
  private static void sendIfThere(Context context, Path file) throws IOException {
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      context.result(Files.readAllBytes(file)).contentType("application/json");
    } else {
      context.status(HttpStatus.NO_CONTENT);
    }
  }

  private void model(Context context) throws IOException {
    Run run = Api.run(context, runs);
    RunDirectory directory = files.newest(run);
    Path model = Files.exists(directory.model()) ? directory.model() : directory.best();
    context.header("Content-Disposition", "attachment; filename=\"%s.zip\"".formatted(run.id()));
    send(context, model, "application/zip", "not there yet: the first evaluation saves a model");
  }

  /** Sends a file, or 404 with the given detail. */
  static void send(Context context, Path file, String type, String otherwise) throws IOException {
    try {
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        Answers.file(
            context, FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        context.contentType(type);
        return;
      }
    } catch (NoSuchFileException e) {
      // just deleted
    }
    throw new ApiProblem(HttpStatus.NOT_FOUND, otherwise);
  }
}
