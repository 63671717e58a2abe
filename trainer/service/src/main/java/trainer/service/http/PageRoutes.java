package trainer.service.http;

import com.fasterxml.jackson.databind.json.JsonMapper;
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
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import trainer.config.ConfigurationSchema;
import trainer.file.Sha256;
import trainer.run.Build;

/**
 * The web page. Its files are listed here, so no request path ever becomes a file path. It contains
 * no data: it calls the REST API with the user's token.
 */
final class PageRoutes {
  private static final int VERSION_BYTES = 6;
  private static final String FOR_EVER = "public, max-age=31536000, immutable";
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";
  private static final List<String> SCRIPTS =
      List.of(
          "page.js",
          "view.js",
          "api.js",
          "format.js",
          "groups.js",
          "table.js",
          "texts.js",
          "list.js",
          "new-run.js",
          "operations.js",
          "run.js",
          "tabs.js",
          "text.js",
          "inside.js",
          "inside-pictures.js",
          "details.js",
          "compare.js",
          "completion.js",
          "characters.js",
          "chart.js",
          "run-charts.js",
          "webhooks.js",
          "models.js",
          "sweep-pictures.js",
          "sweeps.js",
          "schedules.js");

  private final Map<String, FixedText> assets = new TreeMap<>();

  PageRoutes() {
    assets.put("page.css", style("page/page.css"));
    assets.put("insight.css", style("page/insight.css"));
    assets.put("mark.svg", new FixedText(read("page/mark.svg"), "image/svg+xml"));
    assets.put("uplot.css", style(UPLOT + "uPlot.min.css"));
    assets.put("uplot.js", script(UPLOT + "uPlot.iife.min.js"));
    for (String script : SCRIPTS) {
      assets.put(script, script("page/" + script));
    }
    assets.put(
        "schema.js",
        script(
            ("export default " + ConfigurationSchema.toJson()).getBytes(StandardCharsets.UTF_8)));
  }

  private static FixedText style(String resource) {
    return new FixedText(read(resource), "text/css; charset=utf-8");
  }

  private static FixedText script(String resource) {
    return script(read(resource));
  }

  private static FixedText script(byte[] text) {
    return new FixedText(text, "text/javascript; charset=utf-8");
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
    Build build = Build.ofThisProgram();
    String page =
        new String(read("page/index.html"), StandardCharsets.UTF_8)
            .replace("\"assets/", "\"" + folder)
            .replace("{build}", build.version() + " · " + build.describedCommit());
    List<Route> routes = new ArrayList<>();
    routes.add(
        route(
            "/",
            new FixedText(page.getBytes(StandardCharsets.UTF_8), "text/html; charset=utf-8")
                ::answer));
    assets.forEach(
        (name, asset) ->
            routes.add(
                route(
                    "/" + folder + name,
                    context -> {
                      context.header("Cache-Control", FOR_EVER);
                      asset.answer(context);
                    })));
    routes.add(route("/" + folder + "openapi.js", new Operations()));
    return routes;
  }

  /**
   * The OpenAPI document for the page, which has no parser for YAML. Made when it is first asked
   * for.
   */
  private static final class Operations implements Handler {
    private FixedText script;

    @Override
    public synchronized void handle(Context context) {
      context.header("Cache-Control", FOR_EVER);
      if (script == null) {
        Object tree =
            new Load(LoadSettings.builder().build())
                .loadFromString(new String(read("openapi.yaml"), StandardCharsets.UTF_8));
        script =
            script(
                ("export default " + new JsonMapper().valueToTree(tree))
                    .getBytes(StandardCharsets.UTF_8));
      }
      script.answer(context);
    }
  }

  private String version() {
    MessageDigest digest = Sha256.digest();
    assets.values().forEach(asset -> digest.update(asset.bytes()));
    digest.update(read("openapi.yaml"));
    return HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES);
  }

  private static Route route(String path, Handler handler) {
    return new Route(HandlerType.GET, path, Access.OPEN, handler);
  }
}
