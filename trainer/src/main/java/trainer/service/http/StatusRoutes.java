package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import trainer.service.database.DatabaseException;
import trainer.service.datasets.DatasetRoots;
import trainer.service.runs.Runs;

/** Whether the service is alive and ready, what it can read, and how it is asked. */
final class StatusRoutes {
  private final Runs runs;
  private final DatasetRoots roots;
  private final BooleanSupplier ready;

  /**
   * @param ready whether it takes runs and works on them
   */
  StatusRoutes(Runs runs, DatasetRoots roots, BooleanSupplier ready) {
    this.runs = runs;
    this.roots = roots;
    this.ready = ready;
  }

  List<Route> routes() {
    return List.of(
        new Route(HandlerType.GET, "/healthz", Access.OPEN, context -> context.result("ok\n")),
        new Route(HandlerType.GET, "/readyz", Access.OPEN, this::ready),
        new Route(HandlerType.GET, Api.ROOT + "/openapi.yaml", Access.OPEN, this::openapi),
        new Route(HandlerType.GET, Api.ROOT + "/datasets", Access.READ, this::datasets));
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

  private void openapi(Context context) {
    InputStream document = StatusRoutes.class.getResourceAsStream("openapi.yaml");
    context.result(document).contentType("application/yaml");
  }

  private void datasets(Context context) throws IOException {
    ObjectNode node = Json.object();
    ArrayNode list = node.putArray("datasets");
    for (Path file : roots.list()) {
      ObjectNode entry = list.addObject();
      entry.put("name", file.getFileName().toString());
      entry.put("bytes", Files.size(file));
    }
    context.result(Json.bytes(node)).contentType("application/json");
  }
}
