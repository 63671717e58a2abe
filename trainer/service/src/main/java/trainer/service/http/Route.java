package trainer.service.http;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/** A route of the REST API or page. */
record Route(HandlerType method, String path, Access access, Body body, Handler handler) {

  /** A route with a JSON body if its method has a body. */
  Route(HandlerType method, String path, Access access, Handler handler) {
    this(method, path, access, sends(method) ? Body.JSON : Body.NONE, handler);
  }

  private static boolean sends(HandlerType method) {
    return method.equals(HandlerType.POST) || method.equals(HandlerType.PUT);
  }
}
