package trainer.service.http;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/**
 * One thing that can be asked of the service.
 *
 * @param body what it reads of the request
 */
record Route(HandlerType method, String path, Access access, Body body, Handler handler) {

  /** One that reads JSON where its method sends anything. */
  Route(HandlerType method, String path, Access access, Handler handler) {
    this(method, path, access, sends(method) ? Body.JSON : Body.NONE, handler);
  }

  private static boolean sends(HandlerType method) {
    return method.equals(HandlerType.POST) || method.equals(HandlerType.PUT);
  }
}
