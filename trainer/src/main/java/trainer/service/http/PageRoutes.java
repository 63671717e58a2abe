package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The page for people: files of this program, each named here, so that no path from outside ever
 * leads to a file. It holds no data; what it shows it asks for with the token of whoever looks.
 */
final class PageRoutes {
  private static final String CHART =
      "/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";
  private static final List<String> SCRIPTS =
      List.of(
          "page.js",
          "view.js",
          "api.js",
          "format.js",
          "table.js",
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

  private PageRoutes() {}

  static List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.add(route("/", "page/index.html", "text/html; charset=utf-8"));
    routes.add(route("/assets/page.css", "page/page.css", "text/css; charset=utf-8"));
    routes.add(route("/assets/chart.js", CHART, "text/javascript; charset=utf-8"));
    for (String script : SCRIPTS) {
      routes.add(route("/assets/" + script, "page/" + script, "text/javascript; charset=utf-8"));
    }
    return routes;
  }

  private static Route route(String path, String resource, String type) {
    return new Route(HandlerType.GET, path, Access.OPEN, context -> send(context, resource, type));
  }

  private static void send(Context context, String resource, String type) throws IOException {
    try (InputStream in = PageRoutes.class.getResourceAsStream(resource)) {
      context.result(in.readAllBytes()).contentType(type);
    }
  }
}
