package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Health probes and the OpenAPI document. */
final class StatusRoutes {
  private final BooleanSupplier ready;

  /**
   * @param ready whether it can accept and train runs
   */
  StatusRoutes(BooleanSupplier ready) {
    this.ready = ready;
  }

  List<Route> routes() {
    return List.of(
        new Route(HandlerType.GET, "/healthz", Access.OPEN, context -> context.result("ok\n")),
        new Route(HandlerType.GET, "/readyz", Access.OPEN, this::ready),
        new Route(HandlerType.GET, Api.ROOT + "/openapi.yaml", Access.OPEN, openapi()::answer));
  }

  private void ready(Context context) {
    if (ready.getAsBoolean()) {
      context.result("ready\n");
    } else {
      context.status(HttpStatus.SERVICE_UNAVAILABLE).result("not ready\n");
    }
  }

  private static FixedText openapi() {
    try (InputStream document = StatusRoutes.class.getResourceAsStream("openapi.yaml")) {
      return new FixedText(document.readAllBytes(), "application/yaml");
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.yaml in the jar cannot be read", e);
    }
  }
}
