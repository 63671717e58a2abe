package trainer.service.http;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.security.RouteRole;
import java.util.List;

/** A route of the REST API or page. */
record Route(
    HandlerType method,
    String path,
    Access access,
    Body body,
    Parameters parameters,
    Handler handler) {

  /** The query parameters that a route has. */
  record Parameters(List<String> names) implements RouteRole {
    static final Parameters NONE = new Parameters(List.of());
  }

  Route(HandlerType method, String path, Access access, Body body, Handler handler) {
    this(method, path, access, body, Parameters.NONE, handler);
  }

  /** A route with a JSON body if its method has a body. */
  Route(HandlerType method, String path, Access access, Handler handler) {
    this(method, path, access, sends(method) ? Body.JSON : Body.NONE, handler);
  }

  /** The route with query parameters. */
  Route with(String... names) {
    return new Route(method, path, access, body, new Parameters(List.of(names)), handler);
  }

  private static boolean sends(HandlerType method) {
    return method.equals(HandlerType.POST) || method.equals(HandlerType.PUT);
  }
}
