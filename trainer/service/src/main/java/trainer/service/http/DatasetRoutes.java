package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.Uploads;
import trainer.service.datasets.Uploads.RefusedException;
import trainer.service.datasets.Uploads.Taken;

/** Lists the texts that runs can be trained on, and takes new ones. */
final class DatasetRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(DatasetRoutes.class);
  private static final int AT_A_TIME = 4;
  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");

  private final DatasetRoots roots;
  private final Uploads uploads;
  private final Semaphore free = new Semaphore(AT_A_TIME);

  DatasetRoutes(DatasetRoots roots, Uploads uploads) {
    this.roots = roots;
    this.uploads = uploads;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/datasets";
    return List.of(
        new Route(HandlerType.GET, all, Access.READ, this::list),
        new Route(HandlerType.PUT, all + "/{name}", Access.SUBMIT, Body.TEXT, this::upload));
  }

  private void list(Context context) throws IOException {
    ObjectNode node = ApiJson.object();
    ArrayNode list = node.putArray("datasets");
    for (Path file : roots.list()) {
      ObjectNode entry = list.addObject();
      entry.put("name", file.getFileName().toString());
      entry.put("bytes", file.toFile().length()); // 0 where it has just been deleted
    }
    node.put("upload_bytes", uploads.mostBytes());
    ApiJson.answer(context, HttpStatus.OK, node);
  }

  private void upload(Context context) {
    String sha256 = context.queryParam("sha256");
    if (sha256 != null && !SHA256.matcher(sha256).matches()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT, "sha256: must be 64 hexadecimal digits");
    }
    long announced = context.req().getContentLengthLong();
    if (announced > uploads.mostBytes()) {
      throw new ApiProblem(
          HttpStatus.CONTENT_TOO_LARGE,
          "a text may have at most %,d bytes, not %,d".formatted(uploads.mostBytes(), announced));
    }
    boolean replace = "true".equals(context.queryParam("replace"));
    if (!free.tryAcquire()) {
      context.header("Retry-After", "30");
      throw new ApiProblem(
          HttpStatus.SERVICE_UNAVAILABLE,
          "%d texts are being sent already: send this one later".formatted(AT_A_TIME));
    }
    try {
      Taken taken =
          uploads.take(context.pathParam("name"), context.req().getInputStream(), sha256, replace);
      LOG.info("{}: {} bytes from {}", taken.name(), taken.bytes(), Guard.caller(context).name());
      ObjectNode node = ApiJson.object();
      node.put("name", taken.name());
      node.put("bytes", taken.bytes());
      node.put("sha256", taken.sha256());
      ApiJson.answer(context, taken.created() ? HttpStatus.CREATED : HttpStatus.OK, node);
    } catch (RefusedException e) {
      throw new ApiProblem(
          switch (e.refusal()) {
            case NAME, OTHER_CHECKSUM -> HttpStatus.UNPROCESSABLE_CONTENT;
            case THERE_ALREADY -> HttpStatus.CONFLICT;
            case TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
          },
          e.getMessage());
    } catch (IOException e) {
      LOG.warn("a text was not taken: {}", e.toString());
      throw new ApiProblem(
          HttpStatus.BAD_REQUEST,
          "the text did not come whole or cannot be written: send it again; the service's log has"
              + " more");
    } finally {
      free.release();
    }
  }
}
