package trainer.service.http;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/** One thing that can be asked of the service. */
record Route(HandlerType method, String path, Access access, Handler handler) {}
