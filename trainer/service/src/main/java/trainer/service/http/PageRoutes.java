package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import trainer.file.Sha256;

/**
 * The web page. Its files are listed here, so no request path ever becomes a file path. It contains
 * no data: it calls the REST API with the user's token.
 */
final class PageRoutes {
  private static final int VERSION_BYTES = 6;
  private static final String CHART =
      "/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";
  private static final List<String> SCRIPTS =
      List.of(
          "page.js",
          "view.js",
          "api.js",
          "format.js",
          "table.js",
          "texts.js",
          "list.js",
          "run.js",
          "details.js",
          "compare.js",
          "chart-view.js",
          "chart-keys.js",
          "overlay-chart.js",
          "speed-chart.js",
          "models.js",
          "schedules.js");

  private final Map<String, byte[]> assets = new TreeMap<>();

  PageRoutes() {
    assets.put("page.css", read("page/page.css"));
    assets.put("chart.js", read(CHART));
    for (String script : SCRIPTS) {
      assets.put(script, read("page/" + script));
    }
  }

  private static byte[] read(String resource) {
    try (InputStream in = PageRoutes.class.getResourceAsStream(resource)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " in the jar cannot be read", e);
    }
  }

  /**
   * The page and its assets. Asset paths contain a hash of the content, so browsers may cache them
   * for ever.
   */
  List<Route> routes() {
    String folder = "assets/" + version() + "/";
    byte[] page =
        new String(read("page/index.html"), StandardCharsets.UTF_8)
            .replace("\"assets/", "\"" + folder)
            .getBytes(StandardCharsets.UTF_8);
    List<Route> routes = new ArrayList<>();
    routes.add(route("/", context -> context.result(page).contentType("text/html; charset=utf-8")));
    assets.forEach(
        (name, content) ->
            routes.add(route("/" + folder + name, context -> send(context, name, content))));
    return routes;
  }

  private String version() {
    MessageDigest digest = Sha256.digest();
    assets.values().forEach(digest::update);
    return HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES);
  }

  private static Route route(String path, Handler handler) {
    return new Route(HandlerType.GET, path, Access.OPEN, handler);
  }

  private static void send(Context context, String name, byte[] content) {
    context.header("Cache-Control", "public, max-age=31536000, immutable");
    context
        .result(content)
        .contentType(
            name.endsWith(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8");
  }
}
