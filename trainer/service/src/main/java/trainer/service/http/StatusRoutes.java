package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.BooleanSupplier;
import trainer.service.database.DatabaseException;
import trainer.service.runs.Runs;

/** Health probes and the OpenAPI document. */
final class StatusRoutes {
  private final Runs runs;
  private final BooleanSupplier ready;

  /**
   * @param ready whether it accepts and trains runs
   */
  StatusRoutes(Runs runs, BooleanSupplier ready) {
    this.runs = runs;
    this.ready = ready;
  }

  List<Route> routes() {
    return List.of(
        new Route(HandlerType.GET, "/healthz", Access.OPEN, context -> context.result("ok\n")),
        new Route(HandlerType.GET, "/readyz", Access.OPEN, this::ready),
        new Route(HandlerType.GET, Api.ROOT + "/openapi.yaml", Access.OPEN, this::openapi));
  }

  private void ready(Context context) {
    boolean database;
    try {
      runs.counts();
      database = true;
    } catch (DatabaseException e) {
      database = false;
    }
    if (!database || !ready.getAsBoolean()) {
      context.status(HttpStatus.SERVICE_UNAVAILABLE).result("not ready\n");
    } else {
      context.result("ready\n");
    }
  }

  private void openapi(Context context) throws IOException {
    try (InputStream document = StatusRoutes.class.getResourceAsStream("openapi.yaml")) {
      context.result(document.readAllBytes()).contentType("application/yaml");
    }
  }
}
